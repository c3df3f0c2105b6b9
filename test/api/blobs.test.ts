import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const get = (id: string) => api.call("GET", `/api/v1/blobs/${id}`);
const getBytes = (id: string, method = "GET") =>
  api.request(`/api/v1/blobs/${id}`, { method, headers: { accept: "application/octet-stream" } });
const put = (body: unknown) => api.call("POST", "/api/v1/blobs", body);
const putBytes = (body: NonNullable<RequestInit["body"]>, filename?: string) =>
  api.request("/api/v1/blobs", {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      ...(filename === undefined ? {} : { "x-blob-filename": filename }),
    },
    body,
    duplex: "half",
  } as RequestInit);

test.each([
  ["hello", "5aa762ae383fbb727af3c7a36d4940a5b8c40a989452d2304fc958ff3f354e7a"],
  [
    { message: "Hello, blobs!", number: 42, nested: { array: [1, 2, 3], boolean: true } },
    "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0",
  ],
])("a JSON blob has the id of the reference, and comes back: %j", async (data, id) => {
  const stored = await put({ data });
  expect(stored.status).toBe(201);
  expect(stored.body).toMatchObject({ blobId: id, blobType: "data" });
  expect((await get(id)).body).toEqual({ ...stored.body, data, contentType: "application/json" });
  expect(await (await getBytes(id)).text()).toBe(JSON.stringify(data));
});

test.each(["data", "jsonData", "json_data"])("the value may be called %s, and be null", async (field) => {
  expect((await put({ [field]: { a: 1 } })).body.blobId).toHaveLength(64);
  const { body } = await put({ [field]: null });
  expect((await get(body.blobId)).body.data).toBeNull();
});

test("type and file name are kept, of the first writer", async () => {
  const first = await put({ data: "named", blob_type: "flow", filename: 'größe "1".json' });
  expect(first.body).toMatchObject({ blobType: "flow", filename: 'größe "1".json' });
  const second = await put({ data: "named", blobType: "data", filename: "other" });
  expect(second.body).toEqual(first.body);
});

test("a binary blob, as bytes and as base64", async () => {
  const bytes = randomBytes(1000);
  const id = createHash("sha256").update(bytes).digest("hex");
  const sent = await putBytes(bytes, encodeURIComponent("Bild ü.png"));
  expect(sent.status).toBe(201);
  expect(await sent.json()).toEqual({ blobId: id, blobType: "binary", size: 1000, filename: "Bild ü.png" });
  expect((await put({ data: bytes.toString("base64"), blobType: "binary" })).body.blobId).toBe(id);
  expect((await get(id)).body).toMatchObject({
    data: null,
    blobType: "binary",
    contentType: "application/octet-stream",
  });
  const got = await getBytes(id);
  expect(Object.fromEntries(got.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": "1000",
    "x-blob-type": "binary",
    "content-disposition": "attachment; filename*=UTF-8''Bild%20%C3%BC.png",
    "x-content-type-options": "nosniff",
  });
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
});

test("HEAD tells size and type without the bytes", async () => {
  const { body } = await put({ data: "head" });
  const head = await getBytes(body.blobId, "HEAD");
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe("6");
  expect(head.headers.get("x-blob-type")).toBe("data");
  expect(await head.text()).toBe("");
  expect((await getBytes("0".repeat(64), "HEAD")).status).toBe(404);
});

test("a long file streams in and out", async () => {
  const bytes = randomBytes(9 * 1024 * 1024);
  const pieces = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 1_000_000) controller.enqueue(bytes.subarray(at, at + 1_000_000));
      controller.close();
    },
  });
  const { blobId, size } = (await (await putBytes(pieces)).json()) as { blobId: string; size: number };
  expect(size).toBe(bytes.length);
  expect(blobId).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(Buffer.from(await (await getBytes(blobId)).arrayBuffer()).equals(bytes)).toBe(true);
});

test("an empty file", async () => {
  const stored = (await (await putBytes("")).json()) as { blobId: string };
  expect(stored.blobId).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test.each([
  ["no value", { blobType: "data" }, "/data"],
  ["an unknown type", { data: 1, blobType: "text" }, "/blobType"],
  ["binary that is not base64", { data: "%%%", blobType: "binary" }, "/data"],
  ["binary that is no text", { data: 5, blobType: "binary" }, "/data"],
])("refuses %s", async (_, body, pointer) => {
  const answer = await put(body);
  expect(answer.status).toBe(400);
  expect(answer.body.error.details.faults).toMatchObject([{ pointer }]);
});

test("an unknown blob is a 404, a malformed id a 400", async () => {
  expect((await get("0".repeat(64))).status).toBe(404);
  expect((await get("nonsense")).status).toBe(400);
});

test("a file that announces more than the limit is a 413 that names it", async () => {
  const answer = await putBytes(new Uint8Array(101 * 1024 * 1024));
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({
    error: { details: { limit: "maxBlobBytes", value: 100 * 1024 * 1024 } },
  });
});
