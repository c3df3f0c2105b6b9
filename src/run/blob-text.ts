import { DamagedBlobError } from "../blobs/damaged-blob-error.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Journal } from "../core/ports/journal.ts";
import type { BlobId } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";
import { retryLostCall } from "./retry-lost-call.ts";

/** The JSON text of a stored value. Throws if the blob is gone: whoever asks has a row that points at it. */
export async function readBlobText(blobs: BlobStore, id: BlobId): Promise<string> {
  const blob = await blobs.get(id);
  if (!blob) throw new Error(`blob ${id} is gone although the journal points at it`);
  return new TextDecoder().decode(blob.bytes);
}

/** Of a journal row; `undefined` if it has none. */
export async function readValue(
  journal: Pick<Journal, "readValue">,
  blobs: BlobStore,
  seq: number,
): Promise<Json | undefined> {
  const stored = journal.readValue(seq);
  if (!stored) return undefined;
  return JSON.parse(stored.kind === "text" ? stored.text : await readBlobText(blobs, stored.blob));
}

export interface FetchedBlob {
  readonly json: Json;
  readonly bytes: number;
}

/**
 * Reads blobs as JSON; `undefined` for one that does not exist, is damaged or is not JSON. Two at a time: calls wait beside them
 * (A7). Throws when the store cannot be reached for a while: then nobody knows whether they exist.
 */
export async function fetchBlobTexts(
  blobs: BlobStore,
  ids: readonly BlobId[],
): Promise<ReadonlyMap<BlobId, FetchedBlob | undefined>> {
  const fetched = new Map<BlobId, FetchedBlob | undefined>();
  const queue = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id; id = queue.shift()) {
      const blob = await retryLostCall(() => blobs.get(id)).catch(undefinedIfDamaged);
      fetched.set(id, blob && parse(blob.bytes));
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, ids.length) }, worker));
  return fetched;
}

/** It stays damaged, however often one asks. */
function undefinedIfDamaged(error: unknown): undefined {
  if (!(error instanceof DamagedBlobError)) throw error;
}

function parse(bytes: Uint8Array): FetchedBlob | undefined {
  try {
    return {
      json: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)),
      bytes: bytes.byteLength,
    };
  } catch {
    return undefined;
  }
}
