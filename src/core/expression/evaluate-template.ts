import type { Json } from "../../protocol/json.ts";
import { evaluateAll } from "./evaluate-all.ts";
import type { Expression } from "./expression.ts";
import type { Evaluation } from "./scope.ts";

/** The longest text a template may give, in UTF-16 code units. */
const MAX_TEMPLATE_LENGTH = 1024 * 1024;

/**
 * The text of a template (EXPR-20): strings stand as they are, `null` as nothing, everything else as compact JSON. A text
 * longer than `MAX_TEMPLATE_LENGTH` is a failure.
 */
export function evaluateTemplate(
  parts: readonly (string | Expression)[],
  evaluate: (part: Expression) => Evaluation,
): Evaluation {
  return evaluateAll(
    parts,
    (part) => (typeof part === "string" ? { kind: "value", value: part } : evaluate(part)),
    (values) => join(values),
  );
}

function join(values: readonly Json[]): Evaluation {
  let text = "";
  for (const value of values) {
    const rendered = render(value);
    if (text.length + rendered.length > MAX_TEMPLATE_LENGTH) {
      return {
        kind: "failed",
        error: {
          code: "EXPRESSION_FAILURE",
          message: `The text of a $template is longer than ${MAX_TEMPLATE_LENGTH} characters`,
        },
      };
    }
    text += rendered;
  }
  return { kind: "value", value: text };
}

function render(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}
