/** What every `BlobStore` does, run on each adapter. */
import { describe, expect, test } from "vitest";
import { BlobTooLargeError } from "../../src/blobs/blob-too-large-error.ts";
import type { BlobStore } from "../../src/core/ports/blob-store.ts";
import type { BlobId } from "../../src/protocol/ids.ts";

const encoder = new TextEncoder();
const MIB = 1024 * 1024;

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
/** Bytes that differ from place to place, cheaply. */
function pattern(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4)).map((_, index) => Math.imul(index + seed, 2_654_435_761));
  return new Uint8Array(words.buffer).slice(0, size);
}
function streamOf(
  bytes: Uint8Array,
  chunkBytes: number,
  options: { failAfter?: number; onCancel?: () => void } = {},
): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (options.failAfter !== undefined && offset >= options.failAfter)
        controller.error(new Error("the sender went away"));
      else if (offset >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(offset, (offset += chunkBytes)));
    },
    cancel: () => options.onCancel?.(),
  });
}

export function blobStoreContract(name: string, create: () => BlobStore): void {
  describe(`BlobStore contract: ${name}`, () => {
    test.each([
      ['"hello"', "5aa762ae383fbb727af3c7a36d4940a5b8c40a989452d2304fc958ff3f354e7a"],
      [
        '{"message":"Hello, blobs!","number":42,"nested":{"array":[1,2,3],"boolean":true}}',
        "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0",
      ],
      [
        '{"simple":"test","complex":{"deeply":{"nested":{"value":"works"}}}}',
        "aa05cc227a02bd66a2a91fde7500be122d28e87c45832d1aa9cb0b432eef7e04",
      ],
    ])("the id of %s is the reference's, however it is put", async (text, id) => {
      const json: unknown = JSON.parse(text);
      const bytes = encoder.encode(JSON.stringify(json));
      expect((await create().put(bytes, { blobType: "data" })).id).toBe(id);
      expect((await create().putStream(streamOf(bytes, 7), { blobType: "data", maxBytes: 1000 })).id).toBe(id);
    });

    test("gives back what was put, with type, filename and size", async () => {
      const store = create();
      const bytes = Uint8Array.of(0, 255, 128, 10, 0);
      const stored = await store.put(bytes, { blobType: "binary", filename: "Übersicht 1.pdf" });
      expect(stored).toEqual({ id: await sha256(bytes), blobType: "binary", filename: "Übersicht 1.pdf", size: 5 });
      expect(await store.head(stored.id)).toEqual(stored);
      expect(await store.get(stored.id)).toEqual({ ...stored, bytes });
      const streamed = await store.getStream(stored.id);
      expect(new Uint8Array(await new Response(streamed!.body).arrayBuffer())).toEqual(bytes);
      const { body: _, ...description } = streamed!;
      expect(description).toEqual(stored);
    });

    test("the same bytes are one blob: the first writer's type and filename stay", async () => {
      const store = create();
      const bytes = encoder.encode("[1]");
      const first = await store.put(bytes, { blobType: "flow", filename: "a.json" });
      expect(await store.put(bytes, { blobType: "data" })).toEqual(first);
      expect(await store.putStream(streamOf(bytes, 1), { blobType: "binary", filename: "b", maxBytes: 3 })).toEqual(
        first,
      );
      expect(await store.head(first.id)).toEqual(first);
    });

    test("empty bytes are a blob too", async () => {
      const store = create();
      const { id, size } = await store.put(new Uint8Array(), { blobType: "binary" });
      expect([id, size]).toEqual(["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0]);
      expect((await store.get(id))?.bytes).toEqual(new Uint8Array());
      expect(await new Response((await store.getStream(id))!.body).text()).toBe("");
      expect((await store.putStream(streamOf(new Uint8Array(), 1), { blobType: "data", maxBytes: 0 })).id).toBe(id);
    });

    test("an unknown id is undefined, and deleting it is no fault", async () => {
      const store = create();
      const id = "0".repeat(64) as BlobId;
      expect([await store.head(id), await store.get(id), await store.getStream(id)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      await store.delete(id);
    });

    test("what was deleted is gone and can be put again", async () => {
      const store = create();
      const bytes = encoder.encode("again");
      const { id } = await store.put(bytes, { blobType: "data" });
      await store.delete(id);
      expect(await store.get(id)).toBeUndefined();
      expect(await store.put(bytes, { blobType: "flow" })).toMatchObject({ id, blobType: "flow" });
    });

    test("what was put does not change with the caller's buffer", async () => {
      const store = create();
      const bytes = encoder.encode("abc");
      const { id } = await store.put(bytes, { blobType: "data" });
      bytes.fill(0);
      (await store.get(id))!.bytes.fill(1);
      expect(new TextDecoder().decode((await store.get(id))!.bytes)).toBe("abc");
    });

    test.each([
      ["exactly one part", 8 * MIB, 8 * MIB],
      ["one byte over a part, in odd chunks", 8 * MIB + 1, 3_333_333],
      ["one chunk of several parts", 17 * MIB, 17 * MIB],
    ])("a stream of %s arrives whole", async (_, size, chunkBytes) => {
      const store = create();
      const bytes = pattern(size, size);
      const stored = await store.putStream(streamOf(bytes, chunkBytes), {
        blobType: "binary",
        filename: "big",
        maxBytes: size,
      });
      expect(stored).toEqual({ id: await sha256(bytes), blobType: "binary", filename: "big", size });
      expect(await store.head(stored.id)).toEqual(stored);
      const back = new Uint8Array(await new Response((await store.getStream(stored.id))!.body).arrayBuffer());
      expect(await sha256(back)).toBe(stored.id);
      expect(await store.putStream(streamOf(bytes, chunkBytes), { blobType: "data", maxBytes: size })).toEqual(stored);
    });

    test.each([
      ["short", 1000, 500],
      ["long", 12 * MIB, 9 * MIB],
    ])("a %s stream over maxBytes is refused and cancelled", async (_, size, maxBytes) => {
      const store = create();
      const bytes = pattern(size, 5);
      let cancelled = false;
      const body = streamOf(bytes, 300_000 > size ? 100 : 300_000, { onCancel: () => (cancelled = true) });
      await expect(store.putStream(body, { blobType: "data", maxBytes })).rejects.toThrow(BlobTooLargeError);
      expect(cancelled).toBe(true);
      expect(await store.head((await sha256(bytes)) as BlobId)).toBeUndefined();
    });

    test.each([
      ["short", 1000, 500],
      ["long", 12 * MIB, 9 * MIB],
    ])("a %s stream that breaks stores nothing and says why", async (_, size, failAfter) => {
      const store = create();
      const bytes = pattern(size, 6);
      const body = streamOf(bytes, Math.ceil(size / 24), { failAfter });
      await expect(store.putStream(body, { blobType: "data", maxBytes: size })).rejects.toThrow("the sender went away");
      expect(await store.head((await sha256(bytes)) as BlobId)).toBeUndefined();
    });
  });
}
