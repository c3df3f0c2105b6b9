/**
 * Which steps of a flow may keep what they came to in an earlier run, possibly of another version of the flow: those that are
 * the same, and whose every reference leads to something that is the same too. What is lazily not taken counts as a reference.
 */
import type { Expression } from "../expression/index.ts";
import { childrenOf, referencedSteps } from "../expression/index.ts";
import type { Flow, Step } from "../flow/flow.ts";
import { serializeStep } from "../flow/index.ts";

export interface FlowChange {
  /** What the earlier run executed, and what the new one will. */
  readonly before: Flow;
  readonly after: Flow;
  /** Steps that are to run again. */
  readonly from: ReadonlySet<string>;
  readonly inputChanged: boolean;
  /** Whether a variable is worth something else now. */
  variableChanged(name: string): boolean;
}

/** Ids of the steps of `after` whose recorded results hold. Linear in the size of both flows: references lead to earlier steps only. */
export function reusableSteps(change: FlowChange): ReadonlySet<string> {
  const before = new Map(change.before.steps.map((step) => [step.id as string, step]));
  const own = new Set(change.after.steps.map(({ id }) => id as string));
  const reusable = new Set<string>();
  for (const step of change.after.steps) {
    const earlier = before.get(step.id);
    if (!earlier || change.from.has(step.id) || !isSameWork(earlier, step)) continue;
    const expressions = expressionsOf(step);
    const isBelowChange = expressions.some((expression) =>
      [...referencedSteps(expression)].some((id) => own.has(id) && !reusable.has(id)),
    );
    if (!isBelowChange && !expressions.some((expression) => readsChange(expression, change))) reusable.add(step.id);
  }
  return reusable;
}

/** Everything a step's result hangs on: when it is skipped, over what it runs, and with what. */
export function expressionsOf({
  skip,
  foreach,
  input,
}: Pick<Step, "skip" | "foreach" | "input">): readonly Expression[] {
  return [skip, foreach, input].filter((expression) => expression !== undefined);
}

/** How failures are treated, bounds and metadata do not change what a result is. */
function isSameWork(before: Step, after: Step): boolean {
  return before === after || definitionOf(before) === definitionOf(after);
}

function definitionOf(step: Step): string {
  const { component, input = null, skip = null, foreach = null } = serializeStep(step);
  return JSON.stringify([component, input, skip, foreach]);
}

function readsChange(expression: Expression, change: FlowChange): boolean {
  if (expression.kind === "input" && change.inputChanged) return true;
  if (expression.kind === "variable" && change.variableChanged(String(expression.path[0]))) return true;
  return childrenOf(expression).some((child) => readsChange(child, change));
}
