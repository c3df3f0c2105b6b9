/** Data given by the user, as JSON or YAML text: run inputs, variables, overrides. Errors show the line with a caret. */
import { isScalar, parseDocument, visit } from "yaml";
import { isExactNumber } from "../../protocol/exact-number.ts";
import type { Json } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { positionOf, type TextPosition } from "../../protocol/text-position.ts";
import { invalid, reasonOf } from "../exit-code.ts";
import { renderPlace, type SourceText } from "../report/render-diagnostics.ts";
import { stderr } from "../report/terminal.ts";

export type StructuredFormat = "json" | "yaml";

/** By extension: `.json` is JSON, everything else YAML (which reads JSON too). */
export function formatOf(file: string): StructuredFormat {
  return file.toLowerCase().endsWith(".json") ? "json" : "yaml";
}

/** Parses `source`; refuses (exit 2) what is not well-formed, not JSON data, or would be rounded. */
export function parseStructured(source: SourceText, format: StructuredFormat): Json {
  if (format === "yaml") return parseYamlText(source);
  const parsed = parseJson(source.text);
  if (parsed.kind === "json") return parsed.json;
  throw refuse(source, `not valid JSON: ${parsed.message}`, parsed);
}

/** One value per line; empty lines are left out. */
export function parseJsonLines(source: SourceText): Json[] {
  return source.text.split("\n").flatMap((text, index) => {
    if (text.trim() === "") return [];
    const parsed = parseJson(text);
    if (parsed.kind === "json") return [parsed.json];
    throw refuse(source, `line ${index + 1} is not valid JSON: ${parsed.message}`, {
      line: index + 1,
      column: parsed.column,
    });
  });
}

function parseYamlText(source: SourceText): Json {
  const document = parseDocument(source.text, { prettyErrors: false, stringKeys: true });
  const fault = document.errors[0];
  if (fault !== undefined)
    throw refuse(source, `not valid YAML: ${fault.message}`, positionOf(source.text, fault.pos[0]));
  visit(document, {
    Scalar: (_key, node) => {
      if (!isScalar(node) || typeof node.value !== "number") return;
      const written = typeof node.source === "string" ? node.source : String(node.value);
      const exact = /^[-+]?0[xo]/.test(written)
        ? Number.isSafeInteger(node.value)
        : Number.isFinite(node.value) && isExactNumber(written);
      if (!exact) {
        throw refuse(
          source,
          `the number ${written} cannot be held exactly; write it as a text, in quotes`,
          positionOf(source.text, node.range?.[0] ?? 0),
        );
      }
    },
  });
  let value: Json;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? null;
  } catch (cause) {
    throw refuse(source, `not usable as data: ${reasonOf(cause)}`, { line: 1, column: 1 });
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH))
    throw refuse(source, `nested more than ${MAX_JSON_DEPTH} levels deep`, { line: 1, column: 1 });
  return value;
}

function refuse(source: SourceText, message: string, at: TextPosition): Error {
  return invalid(`${source.name}: ${message}\n${renderPlace(at, source, stderr)}`);
}
