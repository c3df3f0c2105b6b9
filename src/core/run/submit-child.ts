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
  const { run, childRunId, flowId, itemCount } = command;
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running") return;
  if (node.children.includes(childRunId)) {
    if (isPaused(turn.tree)) turn.effects.push({ kind: "control_child", runId: childRunId, action: "pause" });
    return;
  }
  emit(turn, { kind: "child_submitted", run, childRunId, flowId, itemCount });
}

/** Those that have ended are left alone by it. */
export function controlChildren(turn: Turn, node: RunNode, action: ChildAction): void {
  for (const runId of node.children) turn.effects.push({ kind: "control_child", runId, action });
}
