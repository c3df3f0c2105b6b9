import { expect, it } from "vitest";
import { DamagedBlobError } from "../../src/blobs/damaged-blob-error.ts";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { BlobStore } from "../../src/core/ports/blob-store.ts";
import { fetchBlobTexts } from "../../src/run/blob-text.ts";

/** A store with one blob, whose `get` first fails as often as `failures` has errors. */
async function storeThatFails(failures: Error[]) {
  const memory = new MemoryBlobStore();
  const { id } = await memory.put(new TextEncoder().encode('{"a":1}'), { blobType: "data" });
  const blobs: BlobStore = Object.assign(Object.create(memory), {
    get: async (wanted: typeof id) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return memory.get(wanted);
    },
  });
  return { blobs, id };
}

it("SIM-7 asks a blob store that is away for a moment again", async () => {
  const { blobs, id } = await storeThatFails([new Error("away")]);
  expect((await fetchBlobTexts(blobs, [id])).get(id)).toEqual({ json: { a: 1 }, bytes: 7 });
});

it("SIM-7 takes a damaged blob for one that cannot be had, never for its content", async () => {
  const { blobs, id } = await storeThatFails([]);
  const damaged: BlobStore = Object.assign(Object.create(blobs), {
    get: async () => {
      throw new DamagedBlobError(id);
    },
  });
  expect([...(await fetchBlobTexts(damaged, [id]))]).toEqual([[id, undefined]]);
});
