import { assertNever } from "../../protocol/assert-never.ts";
import type { Expression } from "./expression.ts";

const NO_STEPS: ReadonlySet<string> = new Set();
const remembered = new WeakMap<Expression, ReadonlySet<string>>();

/** Every step that occurs in the expression, whether or not it will be taken; defaults included. Remembered per expression. */
export function referencedSteps(expression: Expression): ReadonlySet<string> {
  const known = remembered.get(expression);
  if (known !== undefined) return known;
  const found = new Set<string>();
  if (expression.kind === "step") found.add(expression.step);
  for (const child of childrenOf(expression)) {
    for (const step of referencedSteps(child)) found.add(step);
  }
  const steps = found.size === 0 ? NO_STEPS : found;
  remembered.set(expression, steps);
  return steps;
}

/** Whether any step occurs in the expression. */
export function refersToSteps(expression: Expression): boolean {
  return referencedSteps(expression).size > 0;
}

/**
 * Whether what the expression waits for can change as steps settle (EXPR-19): it holds an `$if` whose branches, a `$coalesce`
 * whose later items, or a default that refers to steps. Otherwise it simply waits for all of `referencedSteps`.
 */
export function isLazy(expression: Expression): boolean {
  if (!refersToSteps(expression)) return false;
  switch (expression.kind) {
    case "if":
      if (refersToSteps(expression.then) || (expression.else && refersToSteps(expression.else))) return true;
      break;
    case "coalesce":
      if (expression.items.slice(1).some(refersToSteps)) return true;
      break;
    case "step":
      if (expression.onSkip.kind === "use_default" && refersToSteps(expression.onSkip.value)) return true;
      break;
    case "variable":
      return true;
    case "literal":
    case "array":
    case "object":
    case "input":
    case "item":
    case "index":
    case "template":
      break;
  }
  return childrenOf(expression).some(isLazy);
}

const elementReferences = new WeakMap<Expression, boolean>();

/** Whether `$item` or `$index` occurs in the expression. Remembered per expression. */
export function refersToElement(expression: Expression): boolean {
  const known = elementReferences.get(expression);
  if (known !== undefined) return known;
  const found =
    expression.kind === "item" || expression.kind === "index" || childrenOf(expression).some(refersToElement);
  elementReferences.set(expression, found);
  return found;
}

/** The expressions directly inside, in source order. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "array":
    case "coalesce":
      return expression.items;
    case "object":
      return expression.entries.map(([, value]) => value);
    case "step":
      return expression.onSkip.kind === "use_default" ? [expression.onSkip.value] : [];
    case "variable":
      return expression.default ? [expression.default] : [];
    case "if":
      return [expression.condition, expression.then, ...(expression.else ? [expression.else] : [])];
    case "template":
      return expression.parts.filter((part) => typeof part !== "string");
    case "literal":
    case "input":
    case "item":
    case "index":
      return [];
    default:
      return assertNever(expression);
  }
}
