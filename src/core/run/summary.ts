import type { Outcome } from "../../protocol/flow-result.ts";
import type { ItemCounts, RunStatus, RunSummary } from "../../protocol/run.ts";
import { withOrdinal } from "./run-id.ts";
import type { RootFacts, RunNode, RunTree } from "./state.ts";
import { isPaused, openItems } from "./state.ts";

/** A run as the API and the index show it. */
export function summarize(tree: RunTree, node: RunNode): RunSummary | undefined {
  const { root } = tree;
  if (!root) return undefined;
  const { name } = node.plan.flow;
  return {
    runId: withOrdinal(root.runId, node.ordinal),
    flowId: node.flowId,
    ...(name !== undefined && { flowName: name }),
    status: statusOf(tree, node),
    ...outcomeField(node.outcome),
    items: countItems(node),
    ...(node.compensating > 0 && { compensating: true as const }),
    ...(node.undone.total > 0 && { compensations: { ...node.undone } }),
    labels: node.ordinal === 0 ? root.labels : {},
    createdAt: timestamp(node.createdAt),
    ...(node.completedAt !== undefined && { completedAt: timestamp(node.completedAt) }),
    rootRunId: root.parent?.rootRunId ?? root.runId,
    ...parentField(root, node),
    ...(root.origin && node.ordinal === 0 && { origin: root.origin }),
    createdAtSeqno: node.createdSeq,
    ...(node.finishedSeq !== undefined && { finishedAtSeqno: node.finishedSeq }),
  };
}

/** A run that is paused is still running, as far as the engine is concerned. */
function statusOf(tree: RunTree, node: RunNode): RunStatus {
  return node.status === "running" && isPaused(tree) ? "paused" : node.status;
}

/** RFC 3339 in UTC with milliseconds. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}

function countItems(node: RunNode): ItemCounts {
  const open = openItems(node);
  const stopped = node.status === "running" ? 0 : open;
  return {
    total: node.itemCount,
    completed: node.ended.success + node.ended.skipped,
    running: open - stopped,
    failed: node.ended.failed,
    cancelled: stopped,
    skipped: node.ended.skipped,
  };
}

function parentField(root: RootFacts, node: RunNode): { readonly parentRunId?: string } {
  if (node.parent) return { parentRunId: withOrdinal(root.runId, node.parent.task.run) };
  return root.parent && node.ordinal === 0 ? { parentRunId: root.parent.runId } : {};
}

function outcomeField(outcome: Outcome | undefined): { readonly outcome?: Outcome } {
  return outcome === undefined ? {} : { outcome };
}
