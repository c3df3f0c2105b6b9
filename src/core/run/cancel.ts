/** Ends runs before their time: by request, or because their deadline has passed. Sub-runs end with them, deepest first. */
import type { TaskError } from "../../protocol/task-error.ts";
import { abortCalls } from "./abort-calls.ts";
import type { EndStatus } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { endItem } from "./item.ts";
import { leaveSchedule } from "./run-end.ts";
import type { RunNode } from "./state.ts";
import { openItems } from "./state.ts";
import { cancelChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Nothing of the run is dispatched after this turn; attempts under way are told to stop. A run that has ended is left alone. */
export function cancelRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running") return;
  emit(turn, { kind: "cancel_requested", run });
  for (const inner of [...descendants(turn, node)].reverse()) close(turn, inner, "cancelled");
}

/** The run's `timeout`: what has not ended fails with TIMEOUT. */
export function expireRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running") return;
  const error: TaskError = {
    code: "TIMEOUT",
    message: `the run exceeded its timeout of ${(node.deadlineAt ?? 0) - node.createdAt} ms`,
  };
  for (const inner of [...descendants(turn, node)].reverse().slice(0, -1)) close(turn, inner, "cancelled");
  cancelChildren(turn, node);
  for (let item = 0; item < node.itemCount && openItems(node) > 0; item++) {
    if (node.items.get(item)?.kind !== "ended") endItem(turn, node, item, { kind: "failed", error });
  }
}

/** The run itself, then everything below it that is still running, parents before children. */
function descendants(turn: Turn, root: RunNode): readonly RunNode[] {
  const found = new Set([root.ordinal]);
  const nodes = [root];
  for (const node of turn.tree.runs.slice(root.ordinal + 1)) {
    if (node.parent && found.has(node.parent.task.run)) {
      found.add(node.ordinal);
      if (node.status === "running") nodes.push(node);
    }
  }
  return nodes;
}

function close(turn: Turn, node: RunNode, status: EndStatus): void {
  abortCalls(turn, node);
  cancelChildren(turn, node);
  emit(turn, { kind: "run_completed", run: node.ordinal, status });
  leaveSchedule(turn, node);
}
