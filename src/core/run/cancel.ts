/** Ends runs before their time: by request, or because their deadline has passed. Sub-runs end with them, deepest first. */
import type { TaskError } from "../../protocol/task-error.ts";
import { closeBelow, stopRun } from "./close-run.ts";
import { nodeAt } from "./evolve.ts";
import { endItem } from "./item.ts";
import { openItems } from "./state.ts";
import { controlChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Nothing of the run is dispatched after this turn; attempts under way are told to stop. A run that has ended is left alone. */
export function cancelRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running") return;
  emit(turn, { kind: "cancel_requested", run });
  closeBelow(turn, node);
  stopRun(turn, node, "cancelled");
}

/** The run's `timeout`: what has not ended fails with TIMEOUT. */
export function expireRun(turn: Turn, run: number): void {
  const node = nodeAt(turn.tree, run);
  if (node.status !== "running") return;
  const error: TaskError = {
    code: "TIMEOUT",
    message: `the run exceeded its timeout of ${(node.deadlineAt ?? 0) - node.createdAt} ms`,
  };
  closeBelow(turn, node);
  controlChildren(turn, node, "cancel");
  for (let item = 0; item < node.itemCount && openItems(node) > 0; item++) {
    if (node.items.get(item)?.kind !== "ended") endItem(turn, node, item, { kind: "failed", error });
  }
}
