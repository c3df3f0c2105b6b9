import { assertNever } from "../../protocol/assert-never.ts";
import type { BlobId } from "../../protocol/ids.ts";
import { evaluate } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import { isTruthy } from "./is-truthy.ts";
import { childrenOf, refersToSteps } from "./referenced-steps.ts";
import type { Needs, Scope } from "./scope.ts";
import { valueThrough } from "./value-through.ts";

interface Wants {
  readonly steps: Set<string>;
  readonly blobs: Set<BlobId>;
}

/**
 * The unfinished steps that could still decide the expression (EXPR-14 … EXPR-18). A value is read only where a decision between
 * steps hangs on it. Blobs come first: while one is missing, the answer is `not_resident` even if steps are known already.
 */
export function needs(expression: Expression, scope: Scope): Needs {
  const wants: Wants = { steps: new Set(), blobs: new Set() };
  collect(expression, scope, wants);
  return wants.blobs.size > 0
    ? { kind: "not_resident", blobs: [...wants.blobs] }
    : { kind: "steps", steps: wants.steps };
}

/** Adds what `expression` waits for; says whether it can be evaluated now. */
function collect(expression: Expression, scope: Scope, wants: Wants): boolean {
  if (!refersToSteps(expression)) return true;
  switch (expression.kind) {
    case "step":
      return collectStep(expression, scope, wants);
    case "variable":
      return collectVariable(expression, scope, wants);
    case "if":
      return collectIf(expression, scope, wants);
    case "coalesce":
      return collectCoalesce(expression.items, scope, wants);
    case "array":
    case "object":
    case "template": {
      let isReady = true;
      for (const child of childrenOf(expression)) isReady = collect(child, scope, wants) && isReady;
      return isReady;
    }
    case "literal":
    case "input":
    case "item":
    case "index":
      return true;
    default:
      return assertNever(expression);
  }
}

function collectStep(expression: Extract<Expression, { kind: "step" }>, scope: Scope, wants: Wants): boolean {
  const { kind } = scope.step(expression.step);
  if (kind === "pending") {
    wants.steps.add(expression.step);
    return false;
  }
  return kind === "skipped" && expression.onSkip.kind === "use_default"
    ? collect(expression.onSkip.value, scope, wants)
    : true;
}

function collectVariable(expression: Extract<Expression, { kind: "variable" }>, scope: Scope, wants: Wants): boolean {
  const [name, ...rest] = expression.path;
  if (expression.default === undefined || typeof name !== "string") return true;
  const read = scope.variable(name);
  // Until the variables are in memory, nobody knows whether this one was given.
  if (read?.kind === "not_resident") return wantBlobs(read.blobs, wants);
  if (read !== undefined && rest.length === 0) return true;
  const found = read && valueThrough(read.value, rest, scope);
  if (found?.kind === "not_resident") return wantBlobs(found.blobs, wants);
  return found === undefined ? collect(expression.default, scope, wants) : true;
}

function collectIf(expression: Extract<Expression, { kind: "if" }>, scope: Scope, wants: Wants): boolean {
  const { condition, then } = expression;
  if (!collect(condition, scope, wants)) return false;
  const branches = expression.else ? [then, expression.else] : [then];
  if (!branches.some(refersToSteps)) return true;
  const decision = evaluate(condition, scope);
  if (decision.kind === "not_resident") return wantBlobs(decision.blobs, wants);
  const taken = decision.kind === "value" && isTruthy(decision.value) ? then : expression.else;
  return taken === undefined || collect(taken, scope, wants);
}

function collectCoalesce(items: readonly Expression[], scope: Scope, wants: Wants): boolean {
  const last = items.findLastIndex(refersToSteps);
  for (const [index, item] of items.entries()) {
    if (!collect(item, scope, wants)) return false;
    if (index >= last) return true;
    const choice = evaluate(item, scope);
    if (choice.kind === "not_resident") return wantBlobs(choice.blobs, wants);
    if (choice.kind === "failed" || (choice.kind === "value" && choice.value !== null)) return true;
  }
  return true;
}

function wantBlobs(blobs: readonly BlobId[], wants: Wants): false {
  for (const blob of blobs) wants.blobs.add(blob);
  return false;
}
