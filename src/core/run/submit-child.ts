import { chunkRunId } from "./chunk.ts";
import type { ChildAction, Command } from "./command.ts";
import { nodeAt } from "./evolve.ts";
import type { RunNode } from "./state.ts";
import { isPaused } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/**
 * Notes a run that a worker starts, before it is started: a cancel then finds it. Asked again after the start: whether the run
 * was ended, or paused, in between, and found nothing to pause.
 */
export function submitChild(turn: Turn, command: Extract<Command, { kind: "submit_child" }>): void {
  const { run, item, undo, childRunId, flowId, itemCount } = command;
  const node = nodeAt(turn.tree, run);
  if (!mayStartChildren(node, item, undo)) return;
  if (node.children.some(({ runId }) => runId === childRunId)) {
    if (isPaused(turn.tree)) turn.effects.push({ kind: "control_child", runId: childRunId, action: "pause" });
    return;
  }
  emit(turn, {
    kind: "child_submitted",
    run,
    ...(item !== undefined && { item }),
    ...(undo && { undo }),
    childRunId,
    flowId,
    itemCount,
  });
}

/** Whether the workers of a run's steps (those of `item`; of its compensations) may still start runs. */
export function mayStartChildren(node: RunNode, item: number | undefined, undo: true | undefined): boolean {
  if (node.status !== "running") return false;
  const state = item === undefined ? undefined : node.items.get(item);
  if (undo) return state?.kind === "compensating" && !state.isThrough;
  return !node.stopping && (state === undefined || state.kind === "active");
}

/** All of a run, or those of one item. Those that have ended are left alone by it. */
export function controlChildren(turn: Turn, node: RunNode, action: ChildAction, item?: number): void {
  for (const child of node.children) {
    // What undoes something is carried through.
    if (child.undo && action === "cancel") continue;
    if (item === undefined || child.item === item)
      turn.effects.push({ kind: "control_child", runId: child.runId, action });
  }
  // A cancel of chunks is followed up until they have ended (`cancelChunks`).
  if (action === "cancel") return;
  for (const [index, chunk] of node.chunks.entries()) {
    if (chunk.kind === "active")
      turn.effects.push({ kind: "control_child", runId: chunkRunId(turn.tree, node.ordinal, index), action });
  }
}
