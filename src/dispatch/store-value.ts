import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Value } from "../core/ports/value.ts";
import type { Json } from "../protocol/json.ts";

/** Larger results lie in the blob store and walk on as references (A8). Bytes of compact JSON. */
const MAX_INLINE_BYTES = 256 * 1024;

/** A component's result as the engine takes it: stored first when it is large. `sizeHint` is an upper bound of its bytes. */
export async function storeValue(json: Json, blobs: BlobStore, sizeHint = Number.POSITIVE_INFINITY): Promise<Value> {
  if (sizeHint <= MAX_INLINE_BYTES) return { kind: "inline", json };
  const text = JSON.stringify(json);
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= MAX_INLINE_BYTES) return { kind: "inline", json };
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_INLINE_BYTES) return { kind: "inline", json };
  const { id } = await blobs.put(bytes, { blobType: "data" });
  return { kind: "blob", blob: id, bytes: bytes.length };
}
