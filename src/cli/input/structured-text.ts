/** Data given by the user, as JSON or YAML text: run inputs, variables, overrides. Errors show the line with a caret. */
import { isAlias, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";
import { invalid } from "../exit-code.ts";
import { renderDiagnostic, type SourceText } from "../report/render-diagnostics.ts";
import { stderr } from "../report/terminal.ts";

export type StructuredFormat = "json" | "yaml";

/** By extension: `.json` is JSON, everything else YAML (which reads JSON too). */
export function formatOf(file: string): StructuredFormat {
  return file.toLowerCase().endsWith(".json") ? "json" : "yaml";
}

/** Parses `source`; refuses (exit 2) what is not well-formed and numbers that would be rounded. */
export function parseStructured(source: SourceText, format: StructuredFormat): Json {
  return format === "json" ? parseJsonText(source) : parseYamlText(source);
}

function parseJsonText(source: SourceText): Json {
  let rounded: string | undefined;
  try {
    const value = JSON.parse(source.text, (_key, child: Json, context?: { readonly source?: string }) => {
      if (typeof child === "number" && context?.source !== undefined && !isExact(context.source, child)) rounded ??= context.source;
      return child;
    }) as Json;
    if (rounded !== undefined) throw refusedNumber(source, rounded, source.text.indexOf(rounded));
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = /position (\d+)/.exec(error.message)?.[1];
    const reason = error.message.replace(/ in JSON at position.*$/, "").replace(/ \(line .*$/, "");
    throw refuse(source, `not valid JSON: ${reason}`, at === undefined ? undefined : Number(at));
  }
}

function parseYamlText(source: SourceText): Json {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const error = document.errors[0];
  if (error !== undefined) throw refuse(source, `not valid YAML: ${error.message}`, error.pos[0]);
  visit(document, (_key, node) => {
    if (isAlias(node) || !isScalar(node) || typeof node.value !== "number") return;
    const written = typeof node.source === "string" ? node.source : String(node.value);
    if (!isExact(written, node.value)) throw refusedNumber(source, written, node.range?.[0]);
  });
  try {
    return (document.toJS({ maxAliasCount: 100 }) ?? null) as Json;
  } catch (cause) {
    throw refuse(source, `not usable as data: ${(cause as Error).message}`, undefined);
  }
}

/** Whether the double stands for the number as written: same digits, same magnitude. */
export function isExact(written: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (/^[-+]?0[xob]/i.test(written)) return Number.isSafeInteger(value);
  return canonicalDigits(written) === canonicalDigits(String(value));
}

/** A decimal number as sign, digits without leading and trailing zeros, and exponent of the first digit. */
function canonicalDigits(text: string): string {
  const match = /^([-+]?)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const leading = /^0*/.exec(digits)?.[0].length ?? 0;
  const significant = digits.slice(leading).replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign === "-" ? "-" : ""}${significant}e${whole.length - leading + Number(exponent)}`;
}

function refusedNumber(source: SourceText, written: string, offset: number | undefined): Error {
  return refuse(source, `the number ${written} cannot be held exactly`, offset, "write it as a string, in quotes");
}

function refuse(source: SourceText, message: string, offset: number | undefined, hint?: string): Error {
  const diagnostic: Diagnostic = {
    code: 0,
    kind: "invalidData",
    level: "error",
    message,
    ...(offset === undefined ? {} : position(source.text, offset)),
    ...(hint === undefined ? {} : { hint }),
  };
  return invalid(renderDiagnostic(diagnostic, source, stderr).replace(/^[^ ]*error:[^ ]* /, "").trimEnd());
}

function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, Math.max(0, offset)).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
