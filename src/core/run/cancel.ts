/** Ends runs and items before their time: by request, or because a deadline has passed. What is below them ends with them. */
import type { TaskError } from "../../protocol/task-error.ts";
import { stopRun } from "./close-run.ts";
import { nodeAt } from "./evolve.ts";
import { endItem } from "./item.ts";
import { refuseChunk } from "./refuse-chunk.ts";
import { endRunIfDone } from "./run-end.ts";
import type { RunNode } from "./state.ts";
import { openItems } from "./state.ts";
import { controlChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Nothing of the run is dispatched after this turn; attempts under way are told to stop. A run that has ended is left alone. */
export function cancelRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running" || node.stopping) return;
  emit(turn, { kind: "cancel_requested", run });
  stopRun(turn, node, { status: "cancelled" });
}

/** The run's `timeout`: what has not ended fails with TIMEOUT. What is being undone already has failed before. */
export function expireRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running" || node.stopping) return;
  const message = `the run exceeded its timeout of ${(node.deadlineAt ?? 0) - node.createdAt} ms`;
  controlChildren(turn, node, "cancel");
  if (node.chunks.length > 0) {
    // Those that are active have the same deadline.
    for (const [chunk, { kind }] of node.chunks.entries())
      if (kind === "waiting") refuseChunk(turn, node, chunk, { code: "TIMEOUT", message });
    endRunIfDone(turn, node);
    return;
  }
  for (let item = 0; item < node.itemCount && openItems(node) > 0; item++) {
    const kind = node.items.get(item)?.kind;
    if (kind === undefined || kind === "active") expire(turn, node, item, message);
  }
}

/** The flow's `itemTimeout`. */
export function expireItem(turn: Turn, run: number, item: number): void {
  const node = nodeAt(turn.tree, run);
  controlChildren(turn, node, "cancel", item);
  expire(turn, node, item, `the item exceeded its timeout of ${node.plan.flow.itemTimeoutMs ?? 0} ms`);
}

function expire(turn: Turn, node: RunNode, item: number, message: string): void {
  const error: TaskError = { code: "TIMEOUT", message };
  endItem(turn, node, item, { kind: "failed", error, expired: true });
}
