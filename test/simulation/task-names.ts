/** Names tasks by the place they stand in, so that they can be told without knowing the ordinals the schedule gave to sub-runs. */
import type { RunEvent, TaskAddress } from "../../src/core/run/event.ts";
import type { RunTree, Tries } from "../../src/core/run/state.ts";
import { activeTask } from "../../src/core/run/state.ts";
import { completionOf } from "../../src/core/run/undo.ts";

export class TaskNames {
  readonly #runs = ["r"];

  /** Call it when the event is applied to `tree`. */
  learn(tree: RunTree, event: Extract<RunEvent, { kind: "sub_run_created" }>): void {
    const active = activeTask(tree, event.parent);
    const retries = active && "tries" in active ? decidedRetries(active.tries) : 0;
    this.#runs[event.run] = `${this.of(tree, event.parent)}~${retries}:${event.round}`;
  }

  of(tree: RunTree, task: TaskAddress): string {
    const undone = completionOf(tree, task);
    if (undone) return `${this.of(tree, undone)}!undo`;
    const step = tree.runs[task.run]?.plan.steps[task.step]?.step.id ?? "?";
    const element = task.element === undefined ? "" : `/${task.element}`;
    return `${this.#runs[task.run] ?? "?"}/${task.item}/${step}${element}`;
  }
}

export function decidedRetries(tries: Tries): number {
  return tries.transport + tries.component;
}

/** The address alone, as a map key. */
export function addressKey({ run, item, step, element, undo }: TaskAddress): string {
  return `${run}/${item}/${step}/${undo ? "undo" : (element ?? "")}`;
}
