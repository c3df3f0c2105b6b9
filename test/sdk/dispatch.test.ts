/** Our own dispatch against the SDK's worker: what one side says is what the other side means. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { CallbackHandler } from "../../src/dispatch/http-jsonrpc/callback-handler.ts";
import { HttpJsonRpcTransport } from "../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import type { Json } from "../../src/protocol/json.ts";
import { createWorker } from "../../src/sdk/index.ts";
import { type ServedWorker, serve } from "../../src/sdk/node/index.ts";
import { attemptCall } from "../dispatch/attempt-call.ts";
import { ManualTimers } from "../dispatch/manual-timers.ts";
import { worker } from "./example-worker.ts";

const never = new AbortController().signal;
const success = (json: unknown) => ({ kind: "success", value: expect.objectContaining({ kind: "inline", json }) });

let served: ServedWorker;
let asked: { method: string; params: unknown }[];
beforeAll(async () => {
  served = await serve(worker, { announce: false });
});
afterAll(() => served.close());
beforeEach(() => {
  asked = [];
});

function transport(options: { url?: string; blobApiUrl?: string; answers?: Record<string, Json> } = {}) {
  const { url = served.url, blobApiUrl, answers = {} } = options;
  const callbacks: CallbackHandler = async ({ method, params }) => {
    asked.push({ method, params });
    const result = answers[method];
    return result === undefined
      ? { kind: "error", error: { code: -32_601, message: `no ${method}` } }
      : { kind: "result", result };
  };
  return new HttpJsonRpcTransport({
    plugin: "example",
    url,
    worker: url,
    fetch,
    sessions: new Map(),
    blobs: new MemoryBlobStore(),
    timers: new ManualTimers(),
    callbacks,
    ...(blobApiUrl !== undefined && { blobApiUrl: () => blobApiUrl }),
  });
}
const execute = (componentId: string, input: Json, options: Parameters<typeof transport>[0] = {}) =>
  transport(options).execute(attemptCall({ componentId, input }), never);

describe("dispatch and the SDK's worker", () => {
  test("RUN-160 RUN-161 progress goes to the run, and the last word comes back with the next attempt", async () => {
    const told: unknown[] = [];
    const resume = createWorker({ name: "resume" }).component("pages", {
      execute(_, context) {
        context.heartbeat();
        context.heartbeat(0.5, "half", { page: 5 });
        context.heartbeat(1, "too much", "x".repeat(20_000));
        return context.lastHeartbeat ?? null;
      },
    });
    const here = await serve(resume, { announce: false });
    try {
      const last = { progress: 0.25, details: { page: 2 } };
      const run = (call: Parameters<typeof attemptCall>[0]) =>
        transport({ url: here.url }).execute(
          attemptCall({ componentId: "/pages", ...call }),
          never,
          undefined,
          (progress) => told.push(progress),
        );
      expect(await run({})).toEqual(success(null));
      expect(await run({ lastProgress: last })).toEqual(success(last));
      expect(told).toEqual([1, 2].map(() => ({ progress: 0.5, message: "half", details: { page: 5 } })));
    } finally {
      await here.close();
    }
  });

  test("execute, quick and slow, with the identity of the attempt", async () => {
    expect(await execute("/double", { n: 4 })).toEqual(success({ doubled: 8 }));
    expect(await execute("/takes", { ms: 40 })).toEqual(success({ ms: 40 }));
    expect(await execute("/progress", {})).toEqual(success("done"));
    expect(await execute("/who", {})).toEqual(
      success({
        attempt: 1,
        idempotencyKey: "task-1:0",
        runId: "019bf0d2-1111-7000-8000-000000000000",
        flowId: "f".repeat(64),
        stepId: "s1",
      }),
    );
  });

  test.each([
    ["/double", { n: "x" }, "INVALID_INPUT"],
    ["/plain_schema", { words: ["far too long for", "the schema"] }, "WORKER_ERROR"],
    ["/throws", { how: "error" }, "COMPONENT_FAILED"],
    ["/throws", { how: "unavailable" }, "RESOURCE_UNAVAILABLE"],
    ["/throws", { how: "nan" }, "WORKER_ERROR"],
    ["/nope", {}, "COMPONENT_NOT_FOUND"],
  ])("%s of %j fails as %s", async (component, input, code) => {
    expect(await execute(component, input)).toMatchObject({ kind: "failed", error: { code } });
  });

  test("the components are listed", async () => {
    const [first] = await transport().listComponents(never);
    expect(first).toMatchObject({
      component: "/double",
      description: expect.any(String),
      inputSchema: { type: "object" },
      outputSchema: { type: "object" },
    });
  });

  test("an aborted attempt aborts the component", async () => {
    const log: string[] = [];
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>();
    const patient = createWorker({ log: ({ message }) => log.push(message) }).component("patient", {
      async execute(_, { signal, log }) {
        log.info("started");
        signal.addEventListener("abort", () => abort(signal.reason));
        start();
        await aborted;
        return null;
      },
    });
    const server = await serve(patient, { announce: false });
    const controller = new AbortController();
    const attempt = transport({ url: server.url }).execute(attemptCall({ componentId: "/patient" }), controller.signal);
    await started;
    controller.abort();
    await attempt.catch(() => undefined);
    expect(await aborted).toMatchObject({ code: "CANCELLED", message: "cancelled: the caller has gone" });
    expect(log).toEqual(["started"]);
    await server.close();
  });
});

describe("sub-runs", () => {
  const finished = {
    runId: "019bf0d2-2222-7000-8000-000000000000",
    flowId: "b".repeat(64),
    status: "completed",
    items: { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0 },
    createdAt: "2026-01-01T00:00:00Z",
    results: [{ itemIndex: 0, status: "completed", result: { outcome: "success", result: { v: 0 } } }],
  };

  test("a stored flow is submitted and waited for, under a key that a second execution repeats", async () => {
    const input = { flow: "b".repeat(64), input: { a: 1 } };
    const answers = { "runs/submit": finished };
    expect(await execute("/nested", input, { answers })).toEqual(success({ r: { v: 0 } }));
    expect(await execute("/nested", input, { answers })).toEqual(success({ r: { v: 0 } }));
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      method: "runs/submit",
      params: {
        flowId: "b".repeat(64),
        inputs: [{ a: 1 }],
        // uuid5(UUID("019bf0d2-1111-7000-8000-000000000000"), "0"), as Python computes it.
        subflowKey: "5f6ae737-a5bd-5437-94ca-ce5a13846fda",
        wait: true,
        maxConcurrency: null,
        overrides: null,
      },
    });
    expect(asked[1]).toEqual(asked[0]);
  });

  test("a flow document is stored first; without a blob API by message", async () => {
    const answers = { "runs/submit": finished, "blobs/put": { blob_id: "c".repeat(64) } };
    const flow = { steps: [], output: 1 };
    expect(await execute("/nested", { flow, input: {} }, { answers })).toEqual(success({ r: { v: 0 } }));
    expect(asked[0]).toEqual({ method: "blobs/put", params: { data: flow, blob_type: "flow" } });
    expect(asked[1]?.params).toMatchObject({ flowId: "c".repeat(64) });
  });

  test.each([
    ["ours, which names the code", { code: -32_300, taskErrorCode: "TIMEOUT" }, "TIMEOUT"],
    ["the number of 0.9 to 0.11", { code: -32_102 }, "RESOURCE_UNAVAILABLE"],
    ["the integers of the reference", { code: 3 }, "COMPONENT_FAILED"],
  ])("a sub-run that fails fails the component, with the reason and the run: %s", async (_, wire, code) => {
    const failed = { outcome: "failed", error: { ...wire, message: "no luck" } };
    const answers = {
      "runs/submit": { ...finished, status: "failed", results: [{ itemIndex: 0, status: "failed", result: failed }] },
    };
    expect(await execute("/nested", { flow: "b".repeat(64), input: {} }, { answers })).toEqual({
      kind: "failed",
      error: {
        code: "COMPONENT_FAILED",
        message: `the sub-run ${finished.runId} failed: no luck`,
        data: { runId: finished.runId, code, taskErrorCode: "COMPONENT_FAILED" },
      },
    });
  });

  test("a refusal of the orchestrator reaches the component", async () => {
    expect(await execute("/nested", { flow: "b".repeat(64), input: {} })).toMatchObject({
      kind: "failed",
      error: { code: "COMPONENT_FAILED", message: "runs/submit: no runs/submit (-32601)" },
    });
  });
});

describe("blobs", () => {
  let server: Server;
  let requests: { method: string; path: string; authorization: string | undefined; body: string }[];
  let stored: Map<string, Json>;

  beforeAll(async () => {
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { method = "", url = "", headers } = request;
      const body = await text(request);
      requests.push({ method, path: url, authorization: headers.authorization, body });
      const id = method === "POST" ? String(stored.size).padStart(64, "0") : (url.split("/").at(-1) ?? "");
      if (method === "POST") stored.set(id, JSON.parse(body).data);
      const data = stored.get(id);
      response.writeHead(data === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ blobId: id, data, blobType: "data" }));
    };
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(() => {
    requests = [];
    stored = new Map();
  });
  afterAll(() => void server.close());
  const at = (userinfo = "") => `http://${userinfo}127.0.0.1:${(server.address() as AddressInfo).port}/secret/blobs`;

  test("go through the blob API that initialize names; nothing else is asked", async () => {
    const id = "0".repeat(64);
    expect(await execute("/blobby", { a: 1 }, { blobApiUrl: at() })).toEqual(success({ id, back: { k: { a: 1 } } }));
    expect(asked).toEqual([]);
    expect(requests).toEqual([
      {
        method: "POST",
        path: "/secret/blobs",
        authorization: undefined,
        body: '{"data":{"k":{"a":1}},"blobType":"data"}',
      },
      { method: "GET", path: `/secret/blobs/${id}`, authorization: undefined, body: "" },
    ]);
  });

  test("user and password of the URL are sent as such", async () => {
    await execute("/blobby", {}, { blobApiUrl: at("ada:l%C3%B6ve@").replace("%C3%B6", "o") });
    expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from("ada:love").toString("base64")}`);
  });

  test("without a blob API they are asked for by message", async () => {
    const answers = { "blobs/put": { blob_id: "d".repeat(64) }, "blobs/get": { data: [1], blob_type: "data" } };
    expect(await execute("/blobby", {}, { answers })).toEqual(success({ id: "d".repeat(64), back: [1] }));
    expect(asked.map(({ method }) => method)).toEqual(["blobs/put", "blobs/get"]);
  });

  test("an API that cannot be reached is a lack of a resource", async () => {
    expect(await execute("/blobby", {}, { blobApiUrl: "http://127.0.0.1:1/blobs" })).toMatchObject({
      kind: "failed",
      error: { code: "RESOURCE_UNAVAILABLE", message: expect.stringContaining("the blob API cannot be reached") },
    });
  });

  test("an isolate that was never initialized has the blobs all the same, without another round trip", async () => {
    const started = () =>
      createWorker().component("blobby", {
        execute: async (input, context) => context.getBlob(await context.putBlob(input)),
      });
    let running = started();
    let requests = 0;
    const server = await serve(
      {
        fetch: (request) => {
          requests++;
          return running.fetch(request);
        },
      },
      { announce: false },
    );
    const connected = transport({ url: server.url, blobApiUrl: at() });
    const call = (input: string) => connected.execute(attemptCall({ componentId: "/blobby", input }), never);
    expect(await call("x")).toEqual(success("x"));
    running = started();
    const before = requests;
    expect(await call("y")).toEqual(success("y"));
    expect(requests).toBe(before + 1);
    await server.close();
  });

  test("references in the input are resolved, and large fields of the output stored, once a threshold is named", async () => {
    const small = createWorker().component("echo", { execute: (input) => input });
    const server = await serve(small, { announce: false });
    const rpc = async (method: string, params: Json) => {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      return (await response.json()) as Json;
    };
    const input = { deep: [{ $blob: "a".repeat(64) }], short: "x" };
    // Nobody has said where blobs are: better to ask for it than to hand the component a reference.
    expect(await rpc("components/execute", { component: "/echo", input })).toMatchObject({ error: { code: -32_002 } });
    await rpc("initialize", { runtimeProtocolVersion: 1, capabilities: { blobApiUrl: at(), blobThreshold: 40 } });
    stored.set("a".repeat(64), { $blob: "b".repeat(64), blobType: "data" });
    stored.set("b".repeat(64), "the text of a blob, longer than the threshold");
    expect(await rpc("components/execute", { component: "/echo", input })).toMatchObject({
      result: { output: { deep: { $blob: "2".padStart(64, "0"), size: 49 }, short: "x" } },
    });
    expect(stored.get("2".padStart(64, "0"))).toEqual(["the text of a blob, longer than the threshold"]);
    await server.close();
  });
});
