import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Expression, OnSkip } from "./expression.ts";
import { serializePath } from "./path.ts";

/** The canonical spelling. Reads back as an equal expression (EXPR-6). */
export function serializeExpression(expression: Expression): Json {
  switch (expression.kind) {
    case "literal":
      return expression.quoted ? { $literal: expression.value } : expression.value;
    case "array":
      return expression.items.map(serializeExpression);
    case "object":
      return Object.fromEntries(expression.entries.map(([key, value]) => [key, serializeExpression(value)]));
    case "step":
      return {
        $step: expression.step,
        ...(expression.path.length > 0 && { path: serializePath(expression.path) }),
        ...serializeOnSkip(expression.onSkip),
      };
    case "input":
      return { $input: serializePath(expression.path) };
    case "variable":
      return {
        $variable: serializePath(expression.path),
        ...(expression.default && { default: serializeExpression(expression.default) }),
      };
    case "item":
      return { $item: serializePath(expression.path) };
    case "index":
      return { $index: true };
    case "if":
      return {
        $if: serializeExpression(expression.condition),
        // oxlint-disable-next-line unicorn/no-thenable -- the language's own key; the object is data and never awaited
        then: serializeExpression(expression.then),
        ...(expression.else && { else: serializeExpression(expression.else) }),
      };
    case "coalesce":
      return { $coalesce: expression.items.map(serializeExpression) };
    case "template":
      return { $template: expression.source };
    default:
      return assertNever(expression);
  }
}

function serializeOnSkip(onSkip: OnSkip): JsonObject {
  if (onSkip.kind === "skip") return {};
  return { onSkip: { action: "useDefault", defaultValue: serializeExpression(onSkip.value) } };
}
