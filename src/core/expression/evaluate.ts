import { assertNever } from "../../protocol/assert-never.ts";
import type { TaskErrorCode } from "../../protocol/task-error.ts";
import { evaluateAll } from "./evaluate-all.ts";
import { evaluateTemplate } from "./evaluate-template.ts";
import type { Expression, Path } from "./expression.ts";
import { isTruthy } from "./is-truthy.ts";
import { formatPath } from "./path.ts";
import type { Evaluation, Read, Scope } from "./scope.ts";
import { valueThrough } from "./value-through.ts";

/**
 * The expression's value (EXPR-7 … EXPR-13). Call it when `needs` is empty. Only what is taken is looked at: one branch of an
 * `$if`, a `$coalesce` up to its choice. Recursion is as deep as the expression, which the parser bounds.
 */
export function evaluate(expression: Expression, scope: Scope): Evaluation {
  switch (expression.kind) {
    case "literal":
      return { kind: "value", value: expression.value };
    case "array":
      return evaluateAll(
        expression.items,
        (item) => evaluate(item, scope),
        (values) => ({ kind: "value", value: values }),
      );
    case "object": {
      const { entries } = expression;
      return evaluateAll(
        entries,
        ([, value]) => evaluate(value, scope),
        (values) => ({
          kind: "value",
          value: Object.fromEntries(entries.map(([key], index) => [key, values[index] ?? null])),
        }),
      );
    }
    case "step":
      return evaluateStep(expression, scope);
    case "input":
      return take(scope.input(), expression.path, scope, (path) => `Input path ${path} not found`);
    case "variable":
      return evaluateVariable(expression, scope);
    case "item":
      return evaluateItem(expression.path, scope);
    case "index": {
      const index = scope.index();
      return index === undefined ? failed("$index is used outside of a foreach") : { kind: "value", value: index };
    }
    case "if":
      return evaluateIf(expression, scope);
    case "coalesce":
      return evaluateCoalesce(expression.items, scope);
    case "template":
      return evaluateTemplate(expression.parts, (part) => evaluate(part, scope));
    default:
      return assertNever(expression);
  }
}

function evaluateStep(expression: Extract<Expression, { kind: "step" }>, scope: Scope): Evaluation {
  const view = scope.step(expression.step);
  switch (view.kind) {
    case "unknown":
      return failed(`Unknown step: ${expression.step}`);
    case "pending":
      return failed(`Step ${expression.step} not completed`, "ORCHESTRATOR_ERROR");
    case "failed": {
      const error = view.readError();
      return error.kind === "value" ? { kind: "failed", error: error.value } : error;
    }
    case "skipped":
      if (expression.onSkip.kind === "use_default") return evaluate(expression.onSkip.value, scope);
      return { kind: "skipped", step: expression.step };
    case "success": {
      const read = view.read();
      // A step that came to null is null whatever the path: the idiom for optional data.
      if (read.kind === "value" && read.value === null) return { kind: "value", value: null };
      return take(read, expression.path, scope, (path) => `Path ${path} not found`);
    }
    default:
      return assertNever(view);
  }
}

function evaluateVariable(expression: Extract<Expression, { kind: "variable" }>, scope: Scope): Evaluation {
  const [name, ...rest] = expression.path;
  if (name === undefined) return failed("Variable path is empty", "ORCHESTRATOR_ERROR");
  if (typeof name === "number") return failed("Variable name must be a string", "ORCHESTRATOR_ERROR");
  const read = scope.variable(name);
  if (read?.kind === "not_resident") return read;
  const found = read && valueThrough(read.value, rest, scope);
  if (found) return found;
  return expression.default ? evaluate(expression.default, scope) : failed(`Undefined variable: ${name}`);
}

function evaluateItem(path: Path, scope: Scope): Evaluation {
  const read = scope.item();
  return read === undefined
    ? failed("$item is used outside of a foreach")
    : take(read, path, scope, (text) => `Item path ${text} not found`);
}

function evaluateIf(expression: Extract<Expression, { kind: "if" }>, scope: Scope): Evaluation {
  const condition = evaluate(expression.condition, scope);
  if (condition.kind === "not_resident") return condition;
  const taken = condition.kind === "value" && isTruthy(condition.value) ? expression.then : expression.else;
  return taken === undefined ? { kind: "value", value: null } : evaluate(taken, scope);
}

function evaluateCoalesce(items: readonly Expression[], scope: Scope): Evaluation {
  for (const item of items) {
    const result = evaluate(item, scope);
    if (result.kind === "failed" || result.kind === "not_resident") return result;
    if (result.kind === "value" && result.value !== null) return result;
  }
  return { kind: "value", value: null };
}

function take(read: Read, path: Path, scope: Scope, message: (path: string) => string): Evaluation {
  if (read.kind === "not_resident") return read;
  return valueThrough(read.value, path, scope) ?? failed(message(formatPath(path)));
}

function failed(message: string, code: TaskErrorCode = "EXPRESSION_FAILURE"): Evaluation {
  return { kind: "failed", error: { code, message } };
}
