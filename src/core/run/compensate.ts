/** Goes on undoing an item, one compensation after the other, and ends the item, or its run, when all are through. */
import { nodeAt } from "./evolve.ts";
import { leaveItem } from "./leave-item.ts";
import { endRunIfDone } from "./run-end.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

export function compensate(turn: Turn, run: number, item: number): void {
  const node = nodeAt(turn.tree, run);
  const state = node.items.get(item);
  if (state?.kind !== "compensating" || state.isThrough || state.undoTasks.active.size > 0) return;
  if (state.waitsFor.some((below) => nodeAt(turn.tree, below).status === "running")) return;
  const next = state.undoTasks.settled;
  if (next < state.queue.length) {
    turn.schedule.ready.push({ run, item, step: next, undo: true });
    return;
  }
  emit(turn, { kind: "compensation_completed", run, item });
  if (state.reason === "failed") {
    const { errorSeq, expired } = state;
    const event = { kind: "item_completed", run, item, outcome: "failed", from: errorSeq } as const;
    emit(turn, expired ? { ...event, expired } : event);
    leaveItem(turn, node);
  } else endRunIfDone(turn, node);
}
