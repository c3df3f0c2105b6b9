import type { TaskAddress } from "./event.ts";
import type { ItemState, RunNode, TaskTable } from "./state.ts";
import { taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";

/** Tells every attempt of a run that is under way to stop. */
export function abortCalls(turn: Turn, node: RunNode): void {
  for (const [item, state] of node.items) abortItemCalls(turn, node, item, state);
}

/** The same for one item. */
export function abortItemCalls(turn: Turn, node: RunNode, item: number, state: ItemState | undefined): void {
  if (state?.kind === "active") abortTable(turn, state.tasks, (step) => ({ run: node.ordinal, item, step }));
}

function abortTable(turn: Turn, table: TaskTable, address: (index: number) => TaskAddress): void {
  for (const [index, task] of table.active) {
    if (task.kind === "calling") {
      const { attempt, cache } = task;
      turn.effects.push({ kind: "abort_call", task: address(index), attempt });
      if (cache)
        turn.effects.push({ kind: "settle_cache", taskId: taskIdOf(turn.tree, address(index)), attempt, cache });
    }
    if (task.kind === "foreach") abortTable(turn, task.tasks, (element) => ({ ...address(index), element }));
  }
}
