import { type Expression, evaluate, parseExpression, type Scope } from "../core/expression/index.ts";
import { compileJsonata, evaluateJsonata } from "../dispatch/builtin/evaluate-jsonata.ts";
import type { BlobId } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";

export type HookValue =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "failed"; readonly message: string };

/** Evaluates an expression of a trigger over its `$input`: of the flow language, or `{"jsonata": "…"}`. */
export async function evaluateHookExpression(source: Json, input: Json): Promise<HookValue> {
  const jsonata = jsonataOf(source);
  if (jsonata !== undefined) {
    const result = await evaluateJsonata(jsonata, input);
    return result.kind === "value" ? result : { kind: "failed", message: result.message };
  }
  const { expression, problems } = parseExpression(source, { at: [] });
  const problem = problems.find(({ level }) => level === "fatal");
  if (problem) return { kind: "failed", message: problem.message };
  return valueOf(expression, input);
}

/** What is wrong with an expression before it is used; `undefined`: nothing. */
export function hookExpressionFault(source: Json): string | undefined {
  const jsonata = jsonataOf(source);
  if (jsonata !== undefined) {
    const compiled = compileJsonata(jsonata);
    return compiled.kind === "unreadable" ? compiled.message : undefined;
  }
  const { expression, problems } = parseExpression(source, { at: [] });
  const problem = problems.find(({ level }) => level === "fatal");
  if (problem) return `${problem.path ?? "$"}: ${problem.message}`;
  return foreignReference(expression);
}

function valueOf(expression: Expression, input: Json): HookValue {
  const result = evaluate(expression, scopeOf(input));
  switch (result.kind) {
    case "value":
      return result;
    case "failed":
      return { kind: "failed", message: result.error.message };
    case "skipped":
      return { kind: "failed", message: "there are no steps here" };
    case "not_resident":
      return { kind: "failed", message: "the content of a blob cannot be looked into here" };
  }
}

function scopeOf(input: Json): Scope {
  return {
    step: () => ({ kind: "unknown" }),
    input: () => ({ kind: "value", value: input }),
    variable: () => undefined,
    item: () => undefined,
    index: () => undefined,
    blob: (id: BlobId) => ({ kind: "not_resident", blobs: [id] }),
  };
}

function jsonataOf(source: Json): string | undefined {
  if (typeof source !== "object" || source === null || Array.isArray(source)) return undefined;
  const { jsonata, ...rest } = source;
  return typeof jsonata === "string" && Object.keys(rest).length === 0 ? jsonata : undefined;
}

/** An expression of the top that refers to what only a flow has. Deeper ones are met when they are evaluated. */
function foreignReference(expression: Expression): string | undefined {
  switch (expression.kind) {
    case "step":
      return `there are no steps here ("${expression.step}"): use $input`;
    case "variable":
    case "item":
    case "index":
      return `$${expression.kind} has no meaning here: use $input`;
    default:
      return undefined;
  }
}
