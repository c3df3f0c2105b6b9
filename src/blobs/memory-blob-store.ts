import type { BlobStore, BlobType, StoredBlob } from "../core/ports/blob-store.ts";
import type { BlobId } from "../protocol/ids.ts";
import { contentHash } from "./content-hash.ts";
import { readParts } from "./stream-parts.ts";

type MemoryBlob = StoredBlob & { readonly bytes: Uint8Array };
interface PutOptions {
  readonly blobType: BlobType;
  readonly filename?: string;
}

/** Blobs in memory, for tests and the simulation. Callers get copies: what is stored never changes. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<BlobId, MemoryBlob>();

  async put(bytes: Uint8Array, { blobType, filename }: PutOptions): Promise<StoredBlob> {
    const copy = new Uint8Array(bytes);
    const id = await contentHash(copy);
    let blob = this.#blobs.get(id);
    if (!blob) {
      blob = { id, bytes: copy, blobType, size: copy.length, ...(filename !== undefined && { filename }) };
      this.#blobs.set(id, blob);
    }
    return describe(blob);
  }

  async putStream(
    body: ReadableStream<Uint8Array>,
    options: PutOptions & { readonly maxBytes: number },
  ): Promise<StoredBlob> {
    const parts = readParts(body, Math.max(options.maxBytes, 1), options.maxBytes);
    const first = await parts.next();
    const bytes = first.done ? new Uint8Array() : first.value;
    // The rest of the stream is looked at only to learn that there is none.
    await parts.next();
    return this.put(bytes, options);
  }

  async head(id: BlobId): Promise<StoredBlob | undefined> {
    const blob = this.#blobs.get(id);
    return blob && describe(blob);
  }

  async get(id: BlobId): Promise<MemoryBlob | undefined> {
    const blob = this.#blobs.get(id);
    return blob && { ...describe(blob), bytes: blob.bytes.slice() };
  }

  async getStream(id: BlobId): Promise<(StoredBlob & { readonly body: ReadableStream<Uint8Array> }) | undefined> {
    const blob = await this.get(id);
    if (!blob) return undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        if (blob.bytes.length > 0) controller.enqueue(blob.bytes);
        controller.close();
      },
    });
    return { ...describe(blob), body };
  }

  async delete(id: BlobId): Promise<void> {
    this.#blobs.delete(id);
  }
}

function describe({ id, blobType, size, filename }: MemoryBlob): StoredBlob {
  return { id, blobType, size, ...(filename !== undefined && { filename }) };
}
