import { isExactNumber } from "./exact-number.ts";
import type { Json } from "./json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "./json-depth.ts";
import { repeatedKey } from "./repeated-key.ts";
import { scanJson } from "./scan-json.ts";
import { positionOf, type TextPosition } from "./text-position.ts";

export type ParsedJson =
  | { readonly kind: "json"; readonly json: Json }
  | ({ readonly kind: "invalid"; readonly message: string } & TextPosition);

export interface ParseJsonOptions {
  /** Refuse strings that are not well-formed Unicode; default true. They cannot be stored or hashed as UTF-8. */
  readonly wellFormed?: boolean;
  /** Refuse objects that give a key twice; default false. */
  readonly uniqueKeys?: boolean;
  /** Default `MAX_JSON_DEPTH`. */
  readonly maxDepth?: number;
}

/** Only texts in which a number may be too long or an escape may be half a character are looked at a second time. */
const SUSPICIOUS_NUMBER = /[\d.]{16}|\d[eE][+-]?\d/;
const SUSPICIOUS_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * `JSON.parse` that never throws and never rounds: a number that a double cannot hold, nesting beyond the limit or half a
 * surrogate pair is refused, with the place of the first fault.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): ParsedJson {
  const { wellFormed = true, uniqueKeys = false, maxDepth = MAX_JSON_DEPTH } = options;
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch {
    const error = scanJson(text, {});
    return invalid(text, error?.offset ?? 0, error?.message ?? "The text is not JSON");
  }
  if (isDeeperThan(json, maxDepth)) return tooDeep(text, maxDepth);
  const repeated = uniqueKeys ? repeatedKey(text, json) : undefined;
  if (repeated)
    return invalid(text, repeated.offset, `The key '${abbreviate(repeated.key)}' is given twice in one object`);
  const isSuspicious =
    SUSPICIOUS_NUMBER.test(text) || (wellFormed && (SUSPICIOUS_ESCAPE.test(text) || !text.isWellFormed()));
  return (isSuspicious && firstUnsafeScalar(text, wellFormed)) || { kind: "json", json };
}

function firstUnsafeScalar(text: string, wellFormed: boolean): ParsedJson | undefined {
  let fault: { readonly offset: number; readonly message: string } | undefined;
  scanJson(text, {
    key: (key, offset) => {
      if (wellFormed && !key.isWellFormed()) fault ??= { offset, message: LONE_SURROGATE };
    },
    scalar: (source, offset) => {
      if (fault !== undefined) return;
      if (source.startsWith('"')) {
        if (wellFormed && !isWellFormedString(source)) fault = { offset, message: LONE_SURROGATE };
      } else if (/\d/.test(source) && !isExactNumber(source)) {
        fault = {
          offset,
          message: `The number ${abbreviate(source)} does not fit in a double-precision number; send it as a string`,
        };
      }
    },
  });
  return fault && invalid(text, fault.offset, fault.message);
}

const LONE_SURROGATE = "The string holds half of a surrogate pair, which is no character";

/** Whether a JSON string literal stands for well-formed Unicode. */
function isWellFormedString(source: string): boolean {
  if (!source.includes("\\")) return source.isWellFormed();
  const decoded: string = JSON.parse(source);
  return decoded.isWellFormed();
}

function tooDeep(text: string, maxDepth: number): ParsedJson {
  let depth = 0;
  let offset: number | undefined;
  scanJson(text, {
    open: (_kind, at) => {
      if (++depth > maxDepth) offset ??= at;
    },
    close: () => depth--,
  });
  return invalid(text, offset ?? 0, `Nested more than ${maxDepth} levels deep`);
}

function abbreviate(source: string): string {
  return source.length <= 40 ? source : `${source.slice(0, 37)}…`;
}

function invalid(text: string, offset: number, message: string): ParsedJson {
  return { kind: "invalid", message, ...positionOf(text, offset) };
}
