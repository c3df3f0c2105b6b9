/**
 * Ends what has not come to its end by itself: nothing of it starts any more, attempts under way are told to stop, and the
 * sub-runs below end first, the deepest before those above.
 */
import type { Outcome } from "../../protocol/flow-result.ts";
import { cancelChunks } from "./chunk.ts";
import type { EndStatus, TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { leaveSchedule, leaveSources } from "./run-end.ts";
import { startCompensation } from "./start-compensation.ts";
import type { RunNode, TaskTable } from "./state.ts";
import { activeTasks } from "./state.ts";
import { controlChildren } from "./submit-child.ts";
import { taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/**
 * Ends the run, once what it has done is undone. `by: "above"`: what its items have done is undone by an item above; it waits
 * only for compensations that are under way.
 */
export function stopRun(
  turn: Turn,
  node: RunNode,
  { status, outcome, by }: { readonly status: EndStatus; readonly outcome?: Outcome; readonly by?: "above" },
): void {
  for (const item of node.items.keys()) {
    stopItem(turn, node, item);
    startCompensation(turn, node, item, { reason: by ? "stopped" : "cancelled" });
  }
  controlChildren(turn, node, "cancel");
  cancelChunks(turn, node);
  const end = { run: node.ordinal, status, ...(outcome && { outcome }) };
  if (node.compensating > 0) {
    emit(turn, { kind: "run_stopping", ...end });
    leaveSources(turn, node);
    // Held back by a pause that is over now.
    if (node.ordinal === 0) turn.schedule.agenda.push(...turn.schedule.held.splice(0));
    return;
  }
  emit(turn, { kind: "run_completed", ...end });
  leaveSchedule(turn, node);
}

/** Stops what an item has under way; the item itself is ended by whoever asks for it. */
export function stopItem(turn: Turn, node: RunNode, item: number): void {
  const tasks = activeTasks(node, item);
  if (tasks) stopTasks(turn, tasks, (step) => ({ run: node.ordinal, item, step }));
}

function stopTasks(turn: Turn, table: TaskTable, address: (index: number) => TaskAddress): void {
  for (const [index, task] of table.active) {
    switch (task.kind) {
      case "calling": {
        const { attempt, cache } = task;
        turn.effects.push({ kind: "abort_call", task: address(index), attempt });
        if (cache)
          turn.effects.push({ kind: "settle_cache", taskId: taskIdOf(turn.tree, address(index)), attempt, cache });
        break;
      }
      case "foreach":
        stopTasks(turn, task.tasks, (element) => ({ ...address(index), element }));
        break;
      case "sub_run": {
        const child = nodeAt(turn.tree, task.child);
        if (child.status === "running" && !child.stopping) stopRun(turn, child, { status: "cancelled", by: "above" });
        break;
      }
      case "backing_off":
      case "sleeping":
      case "awaiting":
        break;
    }
  }
}
