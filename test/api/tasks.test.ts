/** Workers that answer 202 and report later, and workers that reach our blobs, over real HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Json } from "../../src/protocol/json.ts";
import { HttpWorker, sendJson } from "../dispatch/http-jsonrpc/http-worker.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const SECRET = "a secret of this test";
const FLOW = { steps: [{ id: "s", component: "/w/later", input: { $input: "$" } }], output: { $step: "s" } };
let orchestrator: LocalOrchestrator;
let worker: HttpWorker;

beforeAll(async () => {
  worker = await HttpWorker.start();
  const config = {
    plugins: { builtin: { type: "builtin" }, w: { type: "http", url: worker.url } },
    retry: { transportMaxRetries: 1, backoff: { type: "constant", delayMs: 1 } },
  };
  orchestrator = await startOrchestrator({ STEPFLOW_SECRET: SECRET, STEPFLOW_CONFIG: JSON.stringify(config) });
});
afterAll(async () => {
  await orchestrator.dispose();
  await worker.stop();
});
beforeEach(() => {
  worker.answers["components/execute"] = (response) => void response.writeHead(202).end('""');
});

/** Starts a run whose step is taken over, and gives the path at which its worker reports. */
async function takenOver(flow: object = FLOW): Promise<{ readonly runId: string; readonly path: string }> {
  const arrived = worker.arrival("components/execute");
  const { body } = await orchestrator.call("POST", "/api/v1/runs", { flow, input: {} });
  await arrived;
  return { runId: body.runId, path: taskPath() };
}

function taskPath(): string {
  const url = new URL(String(worker.last("components/execute").headers["stepflow-task-url"]));
  expect(url.origin).toBe("http://127.0.0.1:8787");
  return url.pathname;
}

async function ended(runId: string) {
  const { body } = await orchestrator.call("GET", `/api/v1/runs/${runId}?wait=true&timeoutSecs=10`);
  const { body: items } = await orchestrator.call("GET", `/api/v1/runs/${runId}/items`);
  return { status: body.status, result: items.results[0].result };
}

describe("a task that is completed later", () => {
  test("gives its run the result; the same report again is answered alike, another one is a conflict", async () => {
    const { runId, path } = await takenOver();
    const first = await orchestrator.call("POST", `${path}/complete`, { output: { n: 1 } });
    expect([first.status, first.body]).toEqual([200, { accepted: true, repeated: false }]);
    expect(await ended(runId)).toEqual({ status: "completed", result: { outcome: "success", result: { n: 1 } } });
    const again = await orchestrator.call("POST", `${path}/complete`, { output: { n: 1 } });
    expect([again.status, again.body]).toEqual([200, { accepted: true, repeated: true }]);
    const other = await orchestrator.call("POST", `${path}/complete`, { output: { n: 2 } });
    expect(other.body.error).toMatchObject({ status: "CONFLICT", message: expect.stringContaining("another outcome") });
    expect((await orchestrator.call("POST", `${path}/fail`, { message: "no" })).status).toBe(409);
  });

  test("may be large: the run holds a reference, the caller gets the value", async () => {
    const { runId, path } = await takenOver();
    const output = "x".repeat(600_000);
    expect((await orchestrator.call("POST", `${path}/complete`, { output })).status).toBe(200);
    expect((await orchestrator.call("POST", `${path}/complete`, { output })).body.repeated).toBe(true);
    expect(await ended(runId)).toEqual({ status: "completed", result: { outcome: "success", result: output } });
  });

  test("fails with what the worker says, and is retried as its step says", async () => {
    const step = { ...FLOW.steps[0], onError: { action: "retry", maxRetries: 1 } };
    const { runId, path } = await takenOver({ ...FLOW, steps: [step] });
    const retried = worker.arrival("components/execute");
    expect((await orchestrator.call("POST", `${path}/fail`, { message: "not yet" })).status).toBe(200);
    await retried;
    const next = taskPath();
    expect(next).not.toBe(path);
    expect((await orchestrator.call("POST", `${path}/complete`, { output: 1 })).body.error).toMatchObject({
      code: 409,
      message: expect.stringContaining("another outcome"),
    });
    await orchestrator.call("POST", `${next}/fail`, { code: "INVALID_INPUT", message: "never", data: { why: 1 } });
    expect(await ended(runId)).toEqual({
      status: "failed",
      result: { outcome: "failed", error: { code: "INVALID_INPUT", message: "never", data: { why: 1 } } },
    });
  });

  test("times out at the deadline the worker gave, and a report after it comes too late", async () => {
    worker.answers["components/execute"] = (response) =>
      void response.writeHead(202, { "content-type": "application/json" }).end('{"deadlineSecs": 0.05}');
    const { runId, path } = await takenOver();
    expect(await ended(runId)).toMatchObject({ status: "failed", result: { error: { code: "TIMEOUT" } } });
    const late = await orchestrator.call("POST", `${path}/complete`, { output: 1 });
    expect(late.body.error).toMatchObject({
      status: "FAILED_PRECONDITION",
      message: expect.stringContaining("has ended"),
    });
  });

  test("a heartbeat moves the deadline, and tells when the result is not wanted any more", async () => {
    const { runId, path } = await takenOver();
    const beat = await orchestrator.call("POST", `${path}/heartbeat`, { deadlineSecs: 400_000 });
    expect(beat.body).toEqual({ active: true, deadlineAt: expect.any(String) });
    expect(Date.parse(beat.body.deadlineAt) - Date.now()).toBeGreaterThan(399_000_000);
    await orchestrator.call("POST", `/api/v1/runs/${runId}/cancel`);
    const { status, body } = await orchestrator.call("POST", `${path}/heartbeat`, {});
    expect([status, body]).toEqual([200, { active: false, reason: "the run was cancelled" }]);
    expect((await orchestrator.call("POST", `${path}/complete`, { output: 1 })).status).toBe(409);
  });

  test("a report may come before the 202 itself", async () => {
    const held = Promise.withResolvers<() => void>();
    worker.answers["components/execute"] = (response) => held.resolve(() => response.writeHead(202).end());
    const { runId, path } = await takenOver();
    await orchestrator.call("POST", `${path}/complete`, { output: "early" });
    (await held.promise)();
    expect(await ended(runId)).toEqual({ status: "completed", result: { outcome: "success", result: "early" } });
  });

  test("tokens that are made up or changed are refused", async () => {
    const { path } = await takenOver();
    for (const forged of ["/api/v1/tasks/x", "/api/v1/tasks/e30.e30", `${path}x`]) {
      const { status, body } = await orchestrator.call("POST", `${forged}/complete`, { output: 1 });
      expect([status, body.error.status]).toEqual([403, "FORBIDDEN"]);
    }
    const unclear = await orchestrator.call("POST", `${path}/complete`, {});
    expect(unclear.body.error).toMatchObject({
      status: "INVALID_ARGUMENT",
      message: expect.stringContaining("/output"),
    });
  });
});

describe("the blob address of a worker", () => {
  test("serves what a worker of 0.11.2 was recorded to do with it while it executes", async () => {
    const headers = { "user-agent": "python-httpx/0.28.1", accept: "*/*" };
    worker.answers["components/execute"] = (response, { message }) => {
      const told = worker.last("initialize").message.params?.["capabilities"] as { blobApiUrl: string };
      // The port of the orchestrator is only known once it runs; the path is what was told.
      const { pathname } = new URL(told.blobApiUrl);
      const work = async () => {
        const body = JSON.stringify({ data: { k: message.params?.["input"] ?? null }, blobType: "data" });
        const put = await orchestrator.request(pathname, {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body,
        });
        const { blobId } = (await put.json()) as { blobId: string };
        const got = await orchestrator.request(`${pathname}/${blobId}`, { headers });
        const { data: back } = (await got.json()) as { data: Json };
        sendJson(response, { id: message["id"] ?? null, result: { output: { id: blobId, back } }, jsonrpc: "2.0" });
      };
      work().catch(() => response.destroy());
    };
    const { body } = await orchestrator.call("POST", "/api/v1/runs", { flow: FLOW, input: { a: 1 }, wait: true });
    expect(body.results[0].result).toEqual({
      outcome: "success",
      result: { id: "99ac2d56f7908bca16438d62572c1e75d3d7cfeac13a41cb5ed1c054d17ca79e", back: { k: { a: 1 } } },
    });
  });

  test("stands in references: a later step reads through one, and the worker gets the content it asks for", async () => {
    const blob = await orchestrator.call("POST", "/api/v1/blobs", { data: { deep: { list: [1, 2, 3] } } });
    const reference = { $blob: blob.body.blobId };
    worker.answers["components/execute"] = (_, { message }) => {
      const input = message.params?.["input"] as { first?: true };
      return { output: input.first ? { big: reference, size: 1 } : { got: input } };
    };
    const flow = {
      steps: [
        { id: "a", component: "/w/a", input: { first: true } },
        {
          id: "b",
          component: "/w/b",
          input: { item: { $step: "a", path: "$.big.deep.list[2]" }, all: { $step: "a", path: "$.big" } },
        },
      ],
      output: { $step: "b" },
    };
    const { body } = await orchestrator.call("POST", "/api/v1/runs", { flow, input: {}, wait: true });
    expect(body.results[0].result).toEqual({ outcome: "success", result: { got: { item: 3, all: reference } } });
  });

  test("takes and gives values and files without a token, from any host, and nothing else", async () => {
    await takenOver();
    const told = worker.last("initialize").message.params?.["capabilities"] as { blobApiUrl: string };
    const { pathname } = new URL(told.blobApiUrl);
    expect(pathname).toMatch(/^\/worker\/[\w.-]+\/blobs$/);
    const put = await orchestrator.request(pathname, {
      method: "POST",
      headers: { "content-type": "application/json", origin: "http://elsewhere.example" },
      body: JSON.stringify({ data: { k: { a: 1 } }, blobType: "data" }),
    });
    expect(put.ok).toBe(true);
    const { blobId } = (await put.json()) as { blobId: string };
    const got = await orchestrator.request(`${pathname}/${blobId}`);
    expect(await got.json()).toMatchObject({ data: { k: { a: 1 } }, blobType: "data", blobId });
    const file = await orchestrator.request(pathname, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: new Uint8Array([1, 2, 3]),
    });
    const stored = (await file.json()) as { blobId: string };
    const bytes = await orchestrator.request(`${pathname}/${stored.blobId}`, {
      headers: { accept: "application/octet-stream" },
    });
    expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([1, 2, 3]);
    expect((await orchestrator.request(`${pathname}/${"0".repeat(64)}`)).status).toBe(404);
    expect((await orchestrator.request(`/worker/e30.e30/blobs/${blobId}`)).status).toBe(403);
    expect((await orchestrator.request(pathname.replace("/blobs", "/runs"))).status).toBe(404);
  });
});
