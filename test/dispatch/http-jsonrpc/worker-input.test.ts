import { expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import { workerInput } from "../../../src/dispatch/http-jsonrpc/worker-input.ts";
import type { WorkerSession } from "../../../src/dispatch/http-jsonrpc/worker-session.ts";
import type { Json } from "../../../src/protocol/json.ts";

const KNOWS: WorkerSession = { dialect: "d3", supportsBlobRefs: true, blobApiUrl: "http://o/worker/s/blobs" };
const DOES_NOT: WorkerSession = { dialect: "d1_d2", supportsBlobRefs: false, blobApiUrl: undefined };
const MIB = 1024 * 1024;

async function store(blobs: MemoryBlobStore, json: Json): Promise<Json> {
  const { id } = await blobs.put(new TextEncoder().encode(JSON.stringify(json)), { blobType: "data" });
  return { $blob: id };
}

test("a worker that knows references gets them as they are", async () => {
  const blobs = new MemoryBlobStore();
  const input = { a: await store(blobs, 1) };
  expect(await workerInput(input, KNOWS, blobs)).toEqual({ kind: "input", input });
});

test("an input over 8 MiB goes with its largest fields as references", async () => {
  const blobs = new MemoryBlobStore();
  const input = { small: "s", large: "x".repeat(5 * MIB), larger: "y".repeat(6 * MIB) };
  const fit = await workerInput(input, KNOWS, blobs);
  expect(fit).toEqual({
    kind: "input",
    input: {
      small: "s",
      large: input.large,
      larger: { $blob: expect.stringMatching(/^[0-9a-f]{64}$/), size: 6 * MIB + 2 },
    },
  });
});

test("one that does not know them gets the content, wherever it stands and however it is nested", async () => {
  const blobs = new MemoryBlobStore();
  const inner = await store(blobs, { deep: [true] });
  const outer = await store(blobs, { inner });
  expect(await workerInput({ list: [outer, 2], same: inner }, DOES_NOT, blobs)).toEqual({
    kind: "input",
    input: { list: [{ inner: { deep: [true] } }, 2], same: { deep: [true] } },
  });
});

test("binary content stays a reference; what only looks like one is left alone", async () => {
  const blobs = new MemoryBlobStore();
  const input = { file: { $blob: "a".repeat(64), blobType: "binary" }, other: { $blob: "short" } };
  expect(await workerInput(input, DOES_NOT, blobs)).toEqual({ kind: "input", input });
});

test("content that is missing, is not JSON or is too much fails the attempt and says why", async () => {
  const blobs = new MemoryBlobStore();
  const failure = async (input: Json) => {
    const fit = await workerInput(input, DOES_NOT, blobs);
    return fit.kind === "unfit" && fit.outcome.kind === "failed" ? fit.outcome.error : fit;
  };
  expect(await failure({ $blob: "b".repeat(64) })).toMatchObject({
    code: "RESOURCE_UNAVAILABLE",
    message: expect.stringContaining("does not exist"),
  });
  const { id } = await blobs.put(new TextEncoder().encode("{nonsense"), { blobType: "data" });
  expect(await failure({ $blob: id })).toMatchObject({ message: expect.stringContaining("not JSON") });
  expect(await failure([await store(blobs, "x".repeat(9 * MIB))])).toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("larger than 8388608 bytes"),
  });
});
