import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { diagnosticOf, nearestName } from "../diagnostics/index.ts";
import type { Expression, Path } from "./expression.ts";
import { type ExpressionReader, inside, NULL_LITERAL, type Place } from "./expression-reader.ts";
import { formatPath } from "./path.ts";
import { readFrom } from "./read-from.ts";
import { readIndex, readInput, readItem, readStep, readVariable } from "./read-reference.ts";
import { readTemplate } from "./read-template.ts";

export interface ExpressionContext {
  /** Where the expression stands in its document. */
  readonly at: Path;
  /** Arrays and objects around it; default the length of `at`. */
  readonly depth?: number;
  /** The step's `foreach`, when this is the input of such a step. */
  readonly foreach?: Expression;
}
export interface ParsedExpression {
  /** Where something could not be read it holds `null`. */
  readonly expression: Expression;
  /** With JSON paths from the root of the document. A fatal one means that the expression must not be used. */
  readonly problems: readonly Diagnostic[];
}

/** Reads a value expression in any dialect (EXPR-5). Never throws. */
export function parseExpression(source: Json, context: ExpressionContext): ParsedExpression {
  const problems: Diagnostic[] = [];
  const reader: ExpressionReader = {
    foreach: context.foreach,
    read: (nested, place) => readExpression(nested, place, reader),
    report: (kind, message, at, detail = {}) =>
      problems.push(diagnosticOf(kind, message, { ...detail, path: formatPath(at) })),
  };
  const expression = reader.read(source, { at: context.at, depth: context.depth ?? context.at.length });
  return { expression, problems };
}

type FormReader = (source: JsonObject, place: Place, reader: ExpressionReader) => Expression;
interface Form {
  readonly read: FormReader;
  /** Keys that mean something beside the form's own. */
  readonly companions: readonly string[];
}

const SKIP_KEYS = ["onSkip", "on_skip", "default", "defaultValue", "default_value"];
/** In order of precedence: the first of these keys decides what an object is. */
const FORMS: readonly (readonly [key: string, form: Form])[] = [
  ["$literal", { read: readLiteral, companions: [] }],
  ["$if", { read: readIf, companions: ["then", "else"] }],
  ["$coalesce", { read: readCoalesce, companions: [] }],
  ["$from", { read: readFrom, companions: ["path", ...SKIP_KEYS] }],
  ["$step", { read: readStep, companions: ["path", ...SKIP_KEYS] }],
  ["$input", { read: readInput, companions: [] }],
  ["$variable", { read: readVariable, companions: ["default"] }],
  ["$item", { read: readItem, companions: [] }],
  ["$index", { read: readIndex, companions: [] }],
  ["$template", { read: readTemplate, companions: [] }],
];

function readExpression(source: Json, place: Place, reader: ExpressionReader): Expression {
  if (typeof source !== "object" || source === null) return { kind: "literal", value: source, quoted: false };
  if (place.depth >= MAX_JSON_DEPTH) return tooDeep(place, reader);
  if (Array.isArray(source)) {
    return { kind: "array", items: source.map((item, index) => reader.read(item, inside(place, index))) };
  }
  for (const [key, form] of FORMS) {
    if (!Object.hasOwn(source, key)) continue;
    warnOfDroppedKeys(source, key, form, place, reader);
    return form.read(source, place, reader);
  }
  return {
    kind: "object",
    entries: Object.entries(source).map(([key, value]) => [key, reader.read(value, inside(place, key))]),
  };
}

function tooDeep(place: Place, reader: ExpressionReader): Expression {
  reader.report("nestingTooDeep", `Nested more than ${MAX_JSON_DEPTH} levels deep`, place.at, {
    hint: "Flatten the value, or keep the nested data in a blob and refer to it.",
  });
  return NULL_LITERAL;
}

function warnOfDroppedKeys(
  source: JsonObject,
  formKey: string,
  form: Form,
  place: Place,
  reader: ExpressionReader,
): void {
  for (const key of Object.keys(source)) {
    if (key === formKey || form.companions.includes(key)) continue;
    const near = nearestName(key, form.companions);
    reader.report("ignoredKey", `'${key}' beside '${formKey}' is ignored`, [...place.at, key], {
      hint:
        near === undefined
          ? `Remove it: an object with '${formKey}' is that expression and nothing else.`
          : `Did you mean '${near}'?`,
    });
  }
}

function readLiteral(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const value = source["$literal"] ?? null;
  if (isDeeperThan(value, MAX_JSON_DEPTH - place.depth - 1)) return tooDeep(place, reader);
  return { kind: "literal", value, quoted: true };
}

function readIf(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const thenSource = source["then"];
  if (thenSource === undefined) {
    reader.report("invalidExpression", "$if requires 'then'", place.at, {
      hint: "Write { $if: <condition>, then: <value>, else: <value> }; only 'else' may be left out.",
    });
    return NULL_LITERAL;
  }
  const elseSource = source["else"];
  return {
    kind: "if",
    condition: reader.read(source["$if"] ?? null, inside(place, "$if")),
    // oxlint-disable-next-line unicorn/no-thenable -- the language's own key; the object is data and never awaited
    then: reader.read(thenSource, inside(place, "then")),
    ...(elseSource !== undefined && { else: reader.read(elseSource, inside(place, "else")) }),
  };
}

function readCoalesce(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const items = source["$coalesce"];
  if (!Array.isArray(items)) {
    reader.report("invalidExpression", "$coalesce must be an array", [...place.at, "$coalesce"], {
      hint: "Write { $coalesce: [<first choice>, <second choice>] }.",
    });
    return NULL_LITERAL;
  }
  const list = inside(place, "$coalesce");
  return { kind: "coalesce", items: items.map((item, index) => reader.read(item, inside(list, index))) };
}
