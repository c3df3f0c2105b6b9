/** Settles a task for good, and passes that on to whoever waits: the `foreach` it is an element of, or its item. */
import type { TaskError } from "../../protocol/task-error.ts";
import type { StoredValue } from "../ports/journal.ts";
import type { Value } from "../ports/value.ts";
import { errorValue } from "./error-value.ts";
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { activeTask } from "./state.ts";
import { stepAt } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";
import { stepSettled } from "./wait.ts";

/** `byComponent`: it is what the component itself came to, in this run. */
export type TaskResult = {
  /** What was odd about the call but did not matter to the component. */
  readonly warnings?: readonly string[];
} & (
  | {
      readonly outcome: "success";
      readonly value: Value | StoredValue;
      readonly cached?: true;
      readonly byComponent?: boolean;
    }
  /** The value lies in an earlier row. */
  | { readonly outcome: "success"; readonly from: number; readonly byComponent?: boolean }
  | { readonly outcome: "failed"; readonly error: TaskError }
  /** `error`: why, when `onError: skip` made it so. */
  | { readonly outcome: "skipped"; readonly error?: TaskError }
);

/** `attempt` 0: nothing was executed. */
export function completeTask(turn: Turn, task: TaskAddress, result: TaskResult, attempt: number): void {
  const isUndoable =
    "byComponent" in result && result.byComponent && !task.undo && stepAt(turn.tree, task).compensate !== undefined;
  const { outcome, warnings } = result;
  const event = {
    kind: "step_completed" as const,
    ...task,
    outcome,
    attempt,
    ...(warnings && { warnings }),
    ...(isUndoable && { undoable: true as const }),
  };
  if ("from" in result) emit(turn, { ...event, from: result.from });
  else emit(turn, "cached" in result ? { ...event, cached: true } : event, valueOf(result));
  if (task.undo) turn.schedule.agenda.push({ kind: "compensate", of: { run: task.run, item: task.item } });
  else if (task.element === undefined) stepSettled(turn, task.run, task.item, task.step);
  else elementSettled(turn, task);
}

function valueOf(result: Exclude<TaskResult, { readonly from: number }>): Value | StoredValue | undefined {
  if (result.outcome === "success") return result.value;
  return result.error && errorValue(result.error);
}

function elementSettled(turn: Turn, task: TaskAddress): void {
  const owner = { run: task.run, item: task.item, step: task.step };
  const source = turn.schedule.sources.find(
    (source) =>
      source.kind === "elements" &&
      source.task.run === task.run &&
      source.task.item === task.item &&
      source.task.step === task.step,
  );
  if (source) source.active -= 1;
  const active = activeTask(turn.tree, owner);
  if (
    active?.kind === "foreach" &&
    active.tasks.settled === active.tasks.status.length &&
    nodeAt(turn.tree, task.run).status === "running"
  ) {
    turn.schedule.agenda.push({ kind: "finish_foreach", task: owner });
  }
}
