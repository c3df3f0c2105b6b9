/** Reads from runs that were cut into chunks: each chunk's object is asked for its part. */
import type { StoredValue } from "../core/ports/journal.ts";
import { chunkRunId } from "../core/run/chunk.ts";
import type { Chunk, RunNode, RunTree } from "../core/run/state.ts";
import { timestamp } from "../core/run/summary.ts";
import type { RunId } from "../protocol/ids.ts";
import type { ItemResult } from "../protocol/run.ts";
import type { TaskError } from "../protocol/task-error.ts";
import type { RunObjectApi } from "./run-api.ts";

type Order = "by_index" | "by_completion";
/** Items asked for at a time. */
const PAGE = 1_000;
/** Characters of results in one answer, unless a single one is larger. */
const MAX_PAGE_CHARACTERS = 8 * 2 ** 20;

/** The results of all items of a chunk as one JSON array; only how much that would be, if it is more than `maxBytes`. */
export async function readChunkResults(
  object: RunObjectApi,
  runId: RunId,
  count: number,
  maxBytes: number,
): Promise<{ readonly bytes: number; readonly results?: StoredValue }> {
  const texts: string[] = [];
  let bytes = 1;
  for (let offset = 0; offset < count && bytes <= maxBytes; ) {
    const limit = Math.min(PAGE, count - offset);
    const reply = await object.items(runId, { order: "by_index", offset, limit, plain: true });
    if (!reply.ok) throw new Error(`run ${runId} has ended and cannot be read: ${reply.fault.kind}`);
    if (reply.value.length === 0) break;
    for (const { result } of reply.value) {
      if (!result) continue;
      const text = JSON.stringify(result);
      texts.push(text);
      bytes += text.length + 1;
    }
    offset += reply.value.length;
  }
  return bytes > maxBytes ? { bytes } : { bytes, results: { kind: "text", text: `[${texts.join(",")}]` } };
}

export interface ChunkedItemsQuery {
  readonly order: Order;
  readonly offset: number;
  readonly limit: number;
  readonly plain?: boolean;
  readonly object: (runId: RunId) => RunObjectApi;
  /** The error that all items of a refused chunk have. */
  readonly error: (chunk: Extract<Chunk, { kind: "ended" }>) => Promise<TaskError>;
}

/**
 * A page of a run's items over its chunks: by index, or chunk by chunk in the order in which they ended. Fewer than `limit` when
 * the results are large, but at least one.
 */
export async function readChunkedItems(tree: RunTree, node: RunNode, query: ChunkedItemsQuery): Promise<ItemResult[]> {
  const page: ItemResult[] = [];
  let characters = 0;
  let passed = 0;
  // Looked at before anything is awaited: what changes meanwhile may not be in the journal yet.
  for (const { chunk, index } of chunkOrder(node, query.order)) {
    const from = Math.max(0, query.offset - passed);
    passed += chunk.count;
    if (from >= chunk.count) continue;
    const limit = Math.min(chunk.count - from, query.limit - page.length);
    if (limit <= 0) break;
    const part = await readPart(tree, node, { ...query, chunk, index, offset: from, limit });
    for (const item of part) {
      characters += item.result ? JSON.stringify(item.result).length : 0;
      if (characters > MAX_PAGE_CHARACTERS && page.length > 0) return page;
      page.push(item);
    }
    if (part.length < limit) break;
  }
  return page;
}

function chunkOrder(node: RunNode, order: Order): { readonly chunk: Chunk; readonly index: number }[] {
  const chunks = node.chunks.map((chunk, index) => ({ chunk, index }));
  if (order === "by_index") return chunks;
  const endedAt = (chunk: Chunk) => (chunk.kind === "ended" ? chunk.seq : Number.POSITIVE_INFINITY);
  return chunks.sort((a, b) =>
    endedAt(a.chunk) < endedAt(b.chunk) ? -1 : endedAt(a.chunk) > endedAt(b.chunk) ? 1 : 0,
  );
}

async function readPart(
  tree: RunTree,
  node: RunNode,
  {
    chunk,
    index,
    order,
    offset,
    limit,
    plain = false,
    object,
    error,
  }: ChunkedItemsQuery & { readonly chunk: Chunk; readonly index: number },
): Promise<readonly ItemResult[]> {
  const { status } = node;
  const each = (rest: Omit<ItemResult, "itemIndex">): ItemResult[] =>
    Array.from({ length: limit }, (_, at) => ({ itemIndex: chunk.first + offset + at, ...rest }));
  const open = () => each({ status: status === "running" ? "running" : "cancelled" });
  if (chunk.kind === "waiting") return open();
  if (chunk.kind === "ended" && chunk.isRefused) {
    const result = { outcome: "failed", error: await error(chunk) } as const;
    return each({ status: "failed", result, completedAt: timestamp(chunk.at) });
  }
  const runId = chunkRunId(tree, node.ordinal, index);
  const reply = await object(runId).items(runId, { order, offset, limit, plain });
  // It is about to be started, or was stopped before it was.
  if (!reply.ok || reply.value.length === 0) return open();
  return reply.value.map((item) => ({ ...item, itemIndex: chunk.first + item.itemIndex }));
}
