import type { Command } from "./command.ts";
import { nodeAt } from "./evolve.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Notes a run that a worker starts, before it is started: a cancel then finds it. */
export function submitChild(turn: Turn, command: Extract<Command, { kind: "submit_child" }>): void {
  const { run, childRunId, flowId, itemCount } = command;
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running" || node.children.includes(childRunId)) return;
  emit(turn, { kind: "child_submitted", run, childRunId, flowId, itemCount });
}

/** Those that have ended are left alone by it. */
export function cancelChildren(turn: Turn, node: RunNode): void {
  for (const runId of node.children) turn.effects.push({ kind: "cancel_child", runId });
}
