/** How many items of a run may fail before it is given up (RUN-170 … RUN-173). */
import type { ToleratedFailures } from "../../protocol/run.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import { stopRun } from "./close-run.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Failed items a run goes on with: the smaller bound, where both are given; `undefined` where neither is. */
export function maxFailuresOf(
  tolerated: ToleratedFailures | undefined,
  itemCount: number,
): { readonly maxFailures?: number } {
  const { count, percentage } = tolerated ?? {};
  const bounds = [
    ...(count === undefined ? [] : [count]),
    // 29 % of 100 must not become 28 for the sake of a binary fraction.
    ...(percentage === undefined ? [] : [Math.floor((itemCount * percentage) / 100 + 1e-9)]),
  ];
  return bounds.length === 0 ? {} : { maxFailures: Math.min(...bounds) };
}

/** More items of the run have failed than its submission tolerates. */
export function hasExceeded({ ended, maxFailures }: Pick<RunNode, "ended" | "maxFailures">): boolean {
  return maxFailures !== undefined && ended.failed > maxFailures;
}

/** What the step fails with whose items they were. What they came to is still there, under the sub-run's id. */
export function tooManyFailures(runId: string, node: RunNode): TaskError {
  const { success, failed, skipped } = node.ended;
  const stopped = node.itemCount - success - failed - skipped;
  return {
    code: "COMPONENT_FAILED",
    message:
      `${failed} of ${node.itemCount} items failed, more than the ${node.maxFailures ?? 0} that are tolerated; ` +
      `${success} succeeded, ${skipped} were skipped, ${stopped} were stopped or never started. Their results: run ${runId}`,
    data: { runId, total: node.itemCount, tolerated: node.maxFailures ?? 0, successful: success, failed, skipped },
  };
}

/** Gives the run up if too many of its items have failed: nothing of it starts any more, what is under way is told to stop. */
export function stopIfExceeded(turn: Turn, node: RunNode): void {
  if (node.status !== "running" || node.stopping || !hasExceeded(node)) return;
  // Its timeout speaks for all that is left (RUN-62), even if the timer fires a moment later.
  if (node.deadlineAt !== undefined && node.deadlineAt <= turn.now) return;
  stopRun(turn, node, { status: "failed", outcome: "failed" });
}
