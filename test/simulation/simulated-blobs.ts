/** Blobs of the simulated world. They survive everything; getting at them may take a while, or fail for the moment. */

import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { BlobStore } from "../../src/core/ports/blob-store.ts";
import type { BlobId } from "../../src/protocol/ids.ts";
import type { Json } from "../../src/protocol/json.ts";
import { hashText } from "./prng.ts";

export class SimulatedBlobs {
  readonly #texts = new Map<BlobId, string>();

  put(text: string): { readonly kind: "blob"; readonly blob: BlobId; readonly bytes: number } {
    const blob = Array.from({ length: 8 }, (_, part) => hashText(`${part}${text}`).toString(16).padStart(8, "0")).join(
      "",
    ) as BlobId;
    this.#texts.set(blob, text);
    return { kind: "blob", blob, bytes: text.length };
  }

  putAs(blob: BlobId, text: string): void {
    this.#texts.set(blob, text);
  }

  has(blob: BlobId): boolean {
    return this.#texts.has(blob);
  }

  text(blob: BlobId): string | undefined {
    return this.#texts.get(blob);
  }

  read(blob: BlobId): { readonly json: Json; readonly bytes: number } | undefined {
    const text = this.#texts.get(blob);
    return text === undefined ? undefined : { json: JSON.parse(text), bytes: text.length };
  }

  /** For whoever only reads. */
  asStore(): BlobStore {
    return Object.assign<MemoryBlobStore, Pick<BlobStore, "get">>(new MemoryBlobStore(), {
      get: async (id) => {
        const text = this.#texts.get(id);
        if (text === undefined) return undefined;
        return { id, blobType: "data", size: text.length, bytes: new TextEncoder().encode(text) };
      },
    });
  }
}
