/**
 * The path grammar (EXPR-1 … EXPR-4): what a reference takes out of a value. Text that does not start with `$` is one key,
 * verbatim; `$…` is a sequence of `.name`, `["name"]`, `['name']` and `[N]`. There are no wildcards, filters or slices.
 */
import type { Json } from "../../protocol/json.ts";
import type { Path } from "./expression.ts";

export type ParsedPath =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "invalid"; readonly message: string };

/** Reads a path; absent, `null` and `""` are the root. Never throws. */
export function parsePath(text: string | null | undefined): ParsedPath {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return { kind: "path", path: [] };
  if (!trimmed.startsWith("$")) return { kind: "path", path: [trimmed] };

  const path: (string | number)[] = [];
  let at = 1;
  while (at < trimmed.length) {
    const char = trimmed[at];
    if (char === ".") {
      const end = nameEnd(trimmed, at + 1);
      if (end > at + 1) path.push(trimmed.slice(at + 1, end));
      at = end;
    } else if (char === "[") {
      const bracket = readBracket(trimmed, at);
      if (bracket.kind === "invalid") return bracket;
      path.push(bracket.segment);
      at = bracket.end;
    } else {
      const found = String.fromCodePoint(trimmed.codePointAt(at) ?? 0);
      return {
        kind: "invalid",
        message: `Invalid character '${found}' in JSON path after $ or ']'. Expected '.' or '['.`,
      };
    }
  }
  return { kind: "path", path };
}

function nameEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === "." || text[at] === "[") return at;
  }
  return text.length;
}

type Bracket =
  | { readonly kind: "segment"; readonly segment: string | number; readonly end: number }
  | { readonly kind: "invalid"; readonly message: string };

function readBracket(text: string, open: number): Bracket {
  const quote = text[open + 1];
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(`${quote}]`, open + 2);
    if (close >= 0) return { kind: "segment", segment: text.slice(open + 2, close), end: close + 2 };
  }
  const close = text.indexOf("]", open + 1);
  if (close < 0) return { kind: "invalid", message: "Unclosed bracket '[' in path" };
  const content = text.slice(open + 1, close);
  const index = /^\d+$/.test(content) ? Number(content) : Number.NaN;
  if (!Number.isSafeInteger(index)) {
    return {
      kind: "invalid",
      message: `Invalid index '${content}' in JSON path. Expected a number or a quoted string.`,
    };
  }
  return { kind: "segment", segment: index, end: close + 1 };
}

/** The path as text: `$`, `$.a[0]["b.c"]`. Reads back as the same path unless a key contains both `"]` and `']`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, segment) => text + formatSegment(segment), "$");
}

function formatSegment(segment: string | number): string {
  if (typeof segment === "number") return `[${segment}]`;
  if (segment !== "" && segment.trim() === segment && !/[.[\]]/.test(segment)) return `.${segment}`;
  return isQuotable(segment, '"') ? `["${segment}"]` : `['${segment}']`;
}

function isQuotable(key: string, quote: string): boolean {
  return `${key}${quote}]`.indexOf(`${quote}]`) === key.length;
}

/** The path as a document holds it: text, or the list of its segments where no text can say it. */
export function serializePath(path: Path): Json {
  const expressible = path.every(
    (segment) => typeof segment === "number" || isQuotable(segment, '"') || isQuotable(segment, "'"),
  );
  return expressible ? formatPath(path) : [...path];
}

/** What lies at `path` in `value`; `undefined` when a key, an index or the container for it is missing. */
export function valueAt(value: Json, path: Path): Json | undefined {
  let current: Json | undefined = value;
  for (const segment of path) {
    if (typeof current !== "object" || current === null) return undefined;
    if (typeof segment === "number") {
      current = Array.isArray(current) ? current[segment] : undefined;
    } else {
      current = !Array.isArray(current) && Object.hasOwn(current, segment) ? current[segment] : undefined;
    }
  }
  return current;
}
