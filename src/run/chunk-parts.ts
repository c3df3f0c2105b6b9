/** Of a run with many items, what is done by asking its chunks one by one: steps of an item, progress, deletion. */
import { chunkOf, chunkRunId } from "../core/run/chunk.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import type { RunId } from "../protocol/ids.ts";
import type { ItemCounts, RunSummary, StepRecord } from "../protocol/run.ts";
import type { RunObjectApi, RunReply } from "./run-api.ts";

type Objects = (runId: RunId) => RunObjectApi;

/** Its steps are those of a chunk: which one, the item says. */
export async function readStepsOfChunk(
  tree: RunTree,
  node: RunNode,
  options: Parameters<RunObjectApi["steps"]>[1],
  object: Objects,
): Promise<RunReply<readonly StepRecord[]>> {
  const { itemIndex } = options;
  const index = itemIndex === undefined ? -1 : chunkOf(node, itemIndex);
  const chunk = node.chunks[index];
  if (itemIndex === undefined || !chunk) {
    const message = `the ${node.itemCount} items of this run ran in chunks: give the index of an item, or list the steps of a chunk (GET /runs?parentRunId=…)`;
    return { ok: false, fault: { kind: "precondition", message } };
  }
  if (chunk.kind === "waiting") return { ok: true, value: [] };
  const runId = chunkRunId(tree, node.ordinal, index);
  const reply = await object(runId).steps(runId, { ...options, itemIndex: itemIndex - chunk.first });
  if (!reply.ok) return reply.fault.kind === "not_found" ? { ok: true, value: [] } : reply;
  return { ok: true, value: reply.value.map((step) => ({ ...step, itemIndex })) };
}

/** Chunks that have been deleted by an earlier try are not there any more. The fault of the first that refuses. */
export async function deleteChunks(
  tree: RunTree,
  object: Objects,
): Promise<Extract<RunReply<never>, { ok: false }> | undefined> {
  for (const { ordinal, chunks } of tree.runs) {
    for (const [index, { kind }] of chunks.entries()) {
      if (kind === "waiting") continue;
      const runId = chunkRunId(tree, ordinal, index);
      const reply = await object(runId).delete(runId, { withItsRun: true });
      if (!reply.ok && reply.fault.kind !== "not_found") return reply;
    }
  }
  return undefined;
}

/** What its chunks have done so far counts before they have ended. */
export function withProgress(
  summary: RunSummary,
  progress: Pick<ItemCounts, "completed" | "failed" | "skipped">,
): RunSummary {
  const { items } = summary;
  const completed = items.completed + progress.completed;
  const failed = items.failed + progress.failed;
  const running = Math.max(0, items.total - completed - failed - items.cancelled);
  return { ...summary, items: { ...items, completed, failed, running, skipped: items.skipped + progress.skipped } };
}
