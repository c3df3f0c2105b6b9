import type { JsonObject } from "../../protocol/json.ts";
import type { Expression } from "./expression.ts";
import { type ExpressionReader, inside, NULL_LITERAL, type Place } from "./expression-reader.ts";
import { itemPathOf } from "./item-path.ts";
import { readOnSkip } from "./read-on-skip.ts";
import { readPath } from "./read-reference.ts";
import { serializeExpression } from "./serialize-expression.ts";

/** The older `{$from: {workflow: input} | {step} | {variable}, path?, onSkip?}`. */
export function readFrom(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const expression = readSource(source, place, reader);
  if (expression === undefined) {
    reader.report(
      "invalidExpression",
      "$from must be an object that names a step or the workflow's input",
      [...place.at, "$from"],
      {
        hint: "Write { $step: <step id>, path: <path> } or { $input: <path> }.",
      },
    );
    return NULL_LITERAL;
  }
  const modern = JSON.stringify(serializeExpression(expression));
  reader.report("olderForm", "$from is the older form of a reference", place.at, {
    hint: modern.length <= 200 ? `Write ${modern}.` : "Write { $step: <step id>, path: <path> } or { $input: <path> }.",
  });
  return expression;
}

function readSource(source: JsonObject, place: Place, reader: ExpressionReader): Expression | undefined {
  const from = source["$from"];
  if (typeof from !== "object" || from === null || Array.isArray(from)) return undefined;
  const at = [...place.at, "path"];
  const { workflow, step, variable } = from;

  if (workflow === "input") {
    const item = itemPathOf({ kind: "input" }, source["path"], reader.foreach);
    return item === undefined
      ? { kind: "input", path: readPath(source["path"], at, reader) }
      : { kind: "item", path: readPath(item, at, reader) };
  }
  if (typeof step === "string") {
    const item = itemPathOf({ kind: "step", step }, source["path"], reader.foreach);
    if (item !== undefined) return { kind: "item", path: readPath(item, at, reader) };
    return {
      kind: "step",
      step,
      path: readPath(source["path"], at, reader),
      onSkip: readOnSkip(source, place, reader),
    };
  }
  if (typeof variable === "string") {
    const fallback = from["default"];
    const path = [
      ...readPath(variable, [...place.at, "$from", "variable"], reader),
      ...readPath(source["path"], at, reader),
    ];
    // One level less than in the source: the canonical form has no `$from` around it.
    const inner = inside(inside(place, "$from", 0), "default");
    return { kind: "variable", path, ...(fallback !== undefined && { default: reader.read(fallback, inner) }) };
  }
  return undefined;
}
