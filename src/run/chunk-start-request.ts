/** What the object of a chunk is asked to run, read from the journal of the run that was cut. */
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Journal } from "../core/ports/journal.ts";
import { chunkStart } from "../core/run/chunk.ts";
import { flowText } from "../core/run/load.ts";
import type { RunTree } from "../core/run/state.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { readBlobText } from "./blob-text.ts";
import type { StartRun } from "./run-api.ts";

/** A flow up to this many characters travels with the start. */
const MAX_CARRIED_CHARACTERS = 64 * 1024;

interface Stores {
  readonly journal: Journal;
  readonly blobs: BlobStore;
}

export async function chunkStartRequest(
  tree: RunTree,
  run: number,
  chunk: number,
  { journal, blobs }: Stores,
): Promise<StartRun> {
  const start = chunkStart(tree, run, chunk);
  const read = async (seq: number): Promise<Json> => {
    const stored = journal.readValue(seq);
    if (!stored) throw new Error(`row ${seq} has no value`);
    return JSON.parse(stored.kind === "text" ? stored.text : await readBlobText(blobs, stored.blob));
  };
  const text = await flowText(journal, start.flowSeq, ({ blob }) => readBlobText(blobs, blob));
  const { maxFailures, maxActiveItems, deadlineAt, allowComponents } = start;
  return {
    namespace: start.namespace,
    runId: start.runId,
    flowId: start.flowId,
    ...(text.length <= MAX_CARRIED_CHARACTERS && { flowText: text }),
    submission: {
      inputs: (await read(start.inputsSeq)) as readonly Json[],
      ...(start.variablesSeq > 0 && { variables: (await read(start.variablesSeq)) as JsonObject }),
      maxConcurrency: start.maxConcurrency,
      ...(maxFailures !== undefined && { toleratedFailures: { count: maxFailures } }),
      files: start.files,
    },
    parent: start.parent,
    ...(allowComponents && { allowComponents }),
    bounds: {
      ...(maxActiveItems !== undefined && { maxActiveItems }),
      ...(deadlineAt !== undefined && { deadlineAt }),
    },
  };
}

/** A flow that does not travel is read from the blob store, where it need not lie yet. */
export async function storeChunkFlow(
  { flowId, flowText: carried }: StartRun,
  { journal, blobs, tree }: Stores & { readonly tree: RunTree },
): Promise<void> {
  if (carried !== undefined || (await blobs.head(flowId))) return;
  const seq = tree.flowRows.get(flowId) ?? 0;
  const text = await flowText(journal, seq, ({ blob }) => readBlobText(blobs, blob));
  await blobs.put(new TextEncoder().encode(text), { blobType: "flow" });
}
