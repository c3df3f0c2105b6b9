/** Ends runs that have not come to their end by themselves: nothing of them starts any more, what is under way is told to stop. */
import type { Outcome } from "../../protocol/flow-result.ts";
import { abortCalls } from "./abort-calls.ts";
import type { EndStatus } from "./event.ts";
import { leaveSchedule } from "./run-end.ts";
import type { RunNode } from "./state.ts";
import { controlChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Cancels everything below the run that is still running, deepest first. */
export function closeBelow(turn: Turn, root: RunNode): void {
  for (const node of [...descendants(turn, root)].reverse()) stopRun(turn, node, "cancelled");
}

export function stopRun(turn: Turn, node: RunNode, status: EndStatus, outcome?: Outcome): void {
  abortCalls(turn, node);
  controlChildren(turn, node, "cancel");
  emit(turn, { kind: "run_completed", run: node.ordinal, status, ...(outcome && { outcome }) });
  leaveSchedule(turn, node);
}

/** Everything below the run that is still running, parents before children. */
function descendants(turn: Turn, root: RunNode): readonly RunNode[] {
  const found = new Set([root.ordinal]);
  const nodes: RunNode[] = [];
  for (const node of turn.tree.runs.slice(root.ordinal + 1)) {
    if (node.parent && found.has(node.parent.task.run)) {
      found.add(node.ordinal);
      if (node.status === "running") nodes.push(node);
    }
  }
  return nodes;
}
