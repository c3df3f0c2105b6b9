import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { R2BlobStore } from "../../../src/blobs/r2-blob-store.ts";
import type { Namespace } from "../../../src/protocol/ids.ts";
import { blobStoreContract } from "../../blobs/blob-store-contract.ts";

const { BLOBS: bucket } = env as unknown as { readonly BLOBS: R2Bucket };
let namespaces = 0;
const newUploadId = () => crypto.randomUUID();
function createIn(namespace: string): R2BlobStore {
  return new R2BlobStore({ bucket, namespace: namespace as Namespace, newUploadId });
}

blobStoreContract("R2", () => createIn(`contract-${namespaces++}`));

test("a namespace sees its own blobs only, at ns/<ns>/blobs/<hash>", async () => {
  const { id } = await createIn("mine").put(new TextEncoder().encode("x"), { blobType: "data" });
  expect(await createIn("yours").head(id)).toBeUndefined();
  expect((await bucket.list({ prefix: "ns/mine/" })).objects.map(({ key }) => key)).toEqual([`ns/mine/blobs/${id}`]);
});

test("a long stream leaves nothing but its blob, and nothing at all when it breaks", async () => {
  const store = createIn("tidy");
  const part = new Uint8Array(5 * 1024 * 1024).fill(7);
  const body = (chunks: number, end: (controller: ReadableStreamDefaultController<Uint8Array>) => void) => {
    let sent = 0;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => (sent++ < chunks ? controller.enqueue(part) : end(controller)),
    });
  };
  const broken = body(3, (controller) => controller.error(new Error("gone")));
  await expect(store.putStream(broken, { blobType: "data", maxBytes: 1e9 })).rejects.toThrow("gone");
  expect((await bucket.list({ prefix: "ns/tidy/" })).objects).toEqual([]);
  const { id } = await store.putStream(
    body(3, (controller) => controller.close()),
    { blobType: "data", maxBytes: 1e9 },
  );
  expect((await bucket.list({ prefix: "ns/tidy/" })).objects.map(({ key }) => key)).toEqual([`ns/tidy/blobs/${id}`]);
});

test("two writers of the same bytes at once make one blob", async () => {
  const store = createIn("race");
  const bytes = new TextEncoder().encode("same");
  const stored = await Promise.all([1, 2, 3].map((n) => store.put(bytes, { blobType: "data", filename: `${n}` })));
  const kept = await store.head(stored[0]!.id);
  expect(new Set(stored.map(({ filename }) => filename))).toEqual(new Set([kept!.filename]));
});

test("SIM-7 never hands out bytes that are not what the id says", async () => {
  const store = createIn("damaged");
  const { id } = await store.put(new TextEncoder().encode('{"a":1}'), { blobType: "data" });
  await bucket.put(`ns/damaged/blobs/${id}`, '{"a":2}');
  await expect(store.get(id)).rejects.toThrow(`blob ${id} is damaged`);
  const stream = await store.getStream(id);
  await expect(new Response(stream!.body).text()).rejects.toThrow("is damaged");
});
