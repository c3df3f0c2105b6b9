import { expect, test } from "vitest";
import { ApiError } from "../../src/api/api-error.ts";
import { discardBody, limitedBody } from "../../src/api/request-body.ts";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";

const limits = { maxJsonBodyBytes: 10, maxBlobBytes: 10 };

/** A body in pieces of which nobody says the length, and how many of them were taken. */
function unannounced(pieces: number, bytesEach: number) {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken === pieces) return controller.close();
        taken++;
        controller.enqueue(new Uint8Array(bytesEach));
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("http://127.0.0.1/", { method: "POST", body, duplex: "half" } as RequestInit);
  return { request, taken: () => taken };
}
const read = (request: Request) => new Response(limitedBody(request, "maxBlobBytes", limits)).bytes();

test("a body within the limit is given as it is", async () => {
  expect(await read(unannounced(5, 2).request)).toHaveLength(10);
});

test("a body over the limit fails when its sender has finished", async () => {
  const { request, taken } = unannounced(6, 2);
  await expect(read(request)).rejects.toMatchObject({
    status: "PAYLOAD_TOO_LARGE",
    details: { limit: "maxBlobBytes", value: 10 },
  });
  expect(taken()).toBe(6);
});

test("an endless body is not waited for", async () => {
  const { request, taken } = unannounced(Number.POSITIVE_INFINITY, 2);
  await expect(read(request)).rejects.toBeInstanceOf(ApiError);
  expect(taken()).toBeLessThan(30);
});

test("an announced length over the limit fails before the first byte", () => {
  const request = new Request("http://127.0.0.1/", { method: "POST", headers: { "content-length": "11" }, body: "x" });
  expect(() => limitedBody(request, "maxBlobBytes", limits)).toThrow(ApiError);
});

test("nothing of a stream over the limit is stored", async () => {
  const blobs = new MemoryBlobStore();
  const body = limitedBody(unannounced(6, 2).request, "maxBlobBytes", limits);
  await expect(
    blobs.putStream(body ?? new ReadableStream(), { blobType: "binary", maxBytes: 10 }),
  ).rejects.toBeInstanceOf(ApiError);
});

test("what is left of a body is read and forgotten", async () => {
  const { request, taken } = unannounced(7, 2);
  await discardBody(request);
  expect(taken()).toBe(7);
});
