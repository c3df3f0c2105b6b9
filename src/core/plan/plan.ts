/**
 * A flow prepared for running: steps by index, and for every expression which steps it certainly waits for and which parts
 * decide lazily. Compiled once per flow id and shared between runs; nothing in it changes.
 */
import type { FlowId } from "../../protocol/ids.ts";
import type { Expression } from "../expression/expression.ts";
import type { Flow, Step } from "../flow/flow.ts";

export interface Plan {
  readonly flowId: FlowId;
  readonly flow: Flow;
  readonly steps: readonly PlanStep[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly output: PlanExpression;
  /** Set when the output is just a whole step's result: the item's result is then that row, not a copy. */
  readonly outputStep: number | undefined;
  readonly mustExecute: readonly number[];
}

export interface PlanStep {
  readonly index: number;
  readonly step: Step;
  readonly skip: PlanExpression | undefined;
  readonly foreach: PlanExpression | undefined;
  /** Waits for what the key of the step's `cache` needs, too. */
  readonly input: PlanExpression;
  /** The step's `compensate` as a step of its own, under the same id. */
  readonly compensate: PlanStep | undefined;
}

export interface PlanExpression {
  readonly expression: Expression;
  /** Steps it waits for whatever happens. */
  readonly statics: readonly number[];
  /** Sub-expressions whose needs change as steps settle (`$if`, `$coalesce`, defaults that refer to steps). */
  readonly lazies: readonly Expression[];
}
