import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import {
  type HttpJsonRpcOptions,
  HttpJsonRpcTransport,
} from "../../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import type { SessionCache } from "../../../src/dispatch/http-jsonrpc/worker-session.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { attemptCall } from "../attempt-call.ts";
import { ManualTimers } from "../manual-timers.ts";
import { type Answer, HttpWorker, openStream, sendJson } from "./http-worker.ts";

const never = new AbortController().signal;
const success = (json: Json) => ({ kind: "success", value: { kind: "inline", json } });
const idOf = (seen: { message: Record<string, Json> }) => seen.message["id"] ?? null;

let worker: HttpWorker;
let timers: ManualTimers;
let sessions: SessionCache;
let blobs: MemoryBlobStore;

beforeEach(async () => {
  worker = await HttpWorker.start({ "components/execute": () => ({ output: { doubled: 8 } }) });
  timers = new ManualTimers();
  sessions = new Map();
  blobs = new MemoryBlobStore();
});
afterEach(() => worker.stop());

function transport(options: Partial<HttpJsonRpcOptions> = {}): HttpJsonRpcTransport {
  const url = options.url ?? worker.url;
  return new HttpJsonRpcTransport({ plugin: "worker", url, worker: url, fetch, sessions, blobs, timers, ...options });
}
function execute(answer: Answer, options: Partial<HttpJsonRpcOptions> = {}) {
  worker.answers["components/execute"] = answer;
  return transport(options).execute(attemptCall(), never);
}
const failing = (code: string, message: unknown = expect.any(String)) => ({ kind: "failed", error: { code, message } });

describe("handshake", () => {
  test("once per isolate and worker, whatever the number of transports and of calls at once", async () => {
    const one = transport();
    await Promise.all([1, 2, 3].map(() => one.execute(attemptCall(), never)));
    await transport().execute(attemptCall(), never);
    expect(worker.methods().filter((method) => method !== "components/execute")).toEqual(["initialize", "initialized"]);
    expect(worker.last("initialize").message).toEqual({
      jsonrpc: "2.0",
      id: "initialize",
      method: "initialize",
      params: { runtimeProtocolVersion: 1, runtime_protocol_version: 1, protocol_prefix: "worker", capabilities: {} },
    });
  });

  test.each<[string, Json, string]>([
    ["D3", { serverProtocolVersion: 1, supportsBlobRefs: true }, "d3"],
    ["D1, D2", { server_protocol_version: 1 }, "d1_d2"],
    ["the oldest", {}, "d1_d2"],
  ])("the answer tells the dialect: %s", async (_, result, dialect) => {
    worker.answers["initialize"] = () => result;
    expect(await transport().execute(attemptCall(), never)).toEqual(success({ doubled: 8 }));
    expect([...sessions.values()]).toEqual([{ dialect, supportsBlobRefs: dialect === "d3", blobApiUrl: undefined }]);
  });

  test("another blob URL is another session", async () => {
    let day = "a";
    const one = transport({ blobApiUrl: () => `http://o/worker/${day}/blobs` });
    await one.execute(attemptCall(), never);
    await one.execute(attemptCall(), never);
    day = "b";
    await one.execute(attemptCall(), never);
    expect(worker.methods().filter((method) => method === "initialize")).toHaveLength(2);
    expect(worker.last("initialize").message.params).toMatchObject({
      capabilities: { blobApiUrl: "http://o/worker/b/blobs", blobThreshold: 8 * 1024 * 1024 },
    });
  });

  test.each([
    [-32_002, "not initialized"],
    [-32_100, "Component execution failed: Blob API URL not configured. Call initialize first."],
  ])("is repeated when the worker has forgotten it (%i), and the call sent again", async (code, message) => {
    const one = transport({ blobApiUrl: () => "http://o/worker/s/blobs" });
    await one.execute(attemptCall(), never);
    let refusals = 0;
    worker.answers["components/execute"] = (response, seen) => {
      if (refusals++ > 0) return { output: "again" };
      return sendJson(response, { jsonrpc: "2.0", id: idOf(seen), error: { code, message } });
    };
    expect(await one.execute(attemptCall(), never)).toEqual(success("again"));
    expect(worker.methods()).toEqual([
      "initialize",
      "initialized",
      "components/execute",
      "components/execute",
      "initialize",
      "initialized",
      "components/execute",
    ]);
  });

  test("a worker that misses a blob URL where there is none to tell is not asked twice", async () => {
    const message = "Component execution failed: Blob API URL not configured. Call initialize first.";
    const outcome = await execute((response, seen) =>
      sendJson(response, { id: idOf(seen), error: { code: -32_100, message } }),
    );
    expect(outcome).toEqual(failing("COMPONENT_FAILED", message));
    expect(worker.methods().filter((method) => method === "components/execute")).toHaveLength(1);
  });

  test("a worker that keeps saying so is not asked for ever", async () => {
    const outcome = await execute((response, seen) =>
      sendJson(response, { id: idOf(seen), error: { code: -32_002, message: "bad value" } }),
    );
    expect(outcome).toEqual(failing("COMPONENT_FAILED", "bad value"));
    expect(worker.methods().filter((method) => method === "components/execute")).toHaveLength(2);
  });

  test("one that fails fails the attempt, and the next attempt tries again", async () => {
    worker.answers["initialize"] = (response) => void response.writeHead(503, { "retry-after": "7" }).end("starting");
    const one = transport();
    expect(await one.execute(attemptCall(), never)).toEqual({ ...failing("UNREACHABLE"), retryAfterMs: 7000 });
    worker.answers["initialize"] = () => ({ serverProtocolVersion: 1 });
    expect(await one.execute(attemptCall(), never)).toEqual(success({ doubled: 8 }));
  });

  test("one that hangs ends after 30 s, but each attempt at its own deadline", async () => {
    worker.answers["initialize"] = () => undefined;
    const arrived = worker.arrival("initialize");
    const one = transport();
    const patient = one.execute(attemptCall(), never);
    const hasty = one.execute(attemptCall({ deadlineAt: timers.now() + 1000 }), never);
    await arrived;
    timers.advance(1000);
    expect(await hasty).toEqual(failing("TIMEOUT"));
    timers.advance(29_000);
    expect(await patient).toEqual(
      failing("UNREACHABLE", expect.stringContaining("no answer to initialize within 30 s")),
    );
    expect(timers.pending).toBe(0);
  });
});

describe("execute", () => {
  test("sends what every version needs, with key and trace", async () => {
    const traced = transport({
      headers: { authorization: "Bearer w" },
      traceparent: () => "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
    await traced.execute(attemptCall({ attempt: 3, pathParams: { tenant: "t" } }), never);
    const { headers, message } = worker.last("components/execute");
    const { runId: run_id, flowId: flow_id, stepId: step_id } = attemptCall();
    expect(message).toEqual({
      jsonrpc: "2.0",
      id: "task-1:0/3",
      method: "components/execute",
      params: {
        component: "/double",
        input: { n: 4 },
        attempt: 3,
        observability: {
          run_id,
          flow_id,
          step_id,
          trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
          span_id: "00f067aa0ba902b7",
        },
        run_id,
        flow_id,
        step_id,
        path_params: { tenant: "t" },
        timeoutMs: 60_000,
      },
    });
    expect(headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "idempotency-key": "task-1:0",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      authorization: "Bearer w",
    });
  });

  test.each<[string, Json, Json | undefined]>([
    ["D3", { serverProtocolVersion: 1 }, { blobApiUrl: "http://o/s/blobs", blobThreshold: 8 * 2 ** 20 }],
    ["D1, D2", { server_protocol_version: 1 }, undefined],
  ])("tells an isolate that was never initialized what it needs: %s", async (_, result, capabilities) => {
    worker.answers["initialize"] = () => result;
    await transport({ blobApiUrl: () => "http://o/s/blobs" }).execute(attemptCall(), never);
    expect(worker.last("components/execute").message.params?.["capabilities"]).toEqual(capabilities);
  });

  test("the blob address a worker quotes in its failure stays out of the run", async () => {
    const blobApiUrl = "http://o/secret/blobs";
    const message = `404 Not Found for url '${blobApiUrl}/abc'`;
    const outcome = await execute(
      (response, seen) =>
        sendJson(response, {
          id: idOf(seen),
          error: { code: -32_100, message, data: { stack: [{ error: message }] } },
        }),
      { blobApiUrl: () => blobApiUrl },
    );
    const hidden = "404 Not Found for url '(the blob API)/abc'";
    expect(outcome).toMatchObject({ error: { message: hidden, data: { stack: [{ error: hidden }] } } });
  });

  test("a null output is a result; none at all is not", async () => {
    expect(await execute(() => ({ output: null }))).toEqual(success(null));
    expect(await execute(() => ({ other: 1 }))).toEqual(failing("UNREACHABLE", expect.stringContaining("no output")));
  });

  test("gzip is read", async () => {
    const outcome = await execute((response, seen) => {
      const body = gzipSync(JSON.stringify({ jsonrpc: "2.0", id: idOf(seen), result: { output: "zipped" } }));
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(body);
    });
    expect(outcome).toEqual(success("zipped"));
  });

  test("a result over 256 KiB goes to the blob store, one under it stays", async () => {
    const large = { text: "ü".repeat(140_000) };
    const outcome = await execute(() => ({ output: large }));
    const bytes = new TextEncoder().encode(JSON.stringify(large));
    expect(outcome).toEqual({
      kind: "success",
      value: { kind: "blob", blob: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: bytes.length },
    });
    if (outcome.kind !== "success" || outcome.value.kind !== "blob") throw new Error("not a blob");
    const blob = await blobs.get(outcome.value.blob);
    expect(blob?.blobType).toBe("data");
    expect(Buffer.compare(blob!.bytes, bytes)).toBe(0);
    const small = "x".repeat(262_142);
    const stays = await execute(() => ({ output: small }));
    expect(stays.kind === "success" && stays.value.kind === "inline" && stays.value.json === small).toBe(true);
    expect(await execute(() => ({ output: `${small}y` }))).toMatchObject({ value: { kind: "blob", bytes: 262_145 } });
  });

  test.each<[Json, object]>([
    [
      { code: -32_100, message: "Component execution failed: custom", data: {} },
      { code: "COMPONENT_FAILED", message: "Component execution failed: custom", data: {} },
    ],
    [
      { code: -32_001, message: "nope" },
      { code: "COMPONENT_NOT_FOUND", message: "nope" },
    ],
    [
      { code: -32_003, message: "m", data: null },
      { code: "COMPONENT_FAILED", message: "m" },
    ],
    [
      { code: -32_000, message: "m" },
      { code: "COMPONENT_FAILED", message: "m" },
    ],
    [
      { code: -32_050, message: "own" },
      { code: "COMPONENT_FAILED", message: "own" },
    ],
    [
      { code: -32_102, message: "m" },
      { code: "RESOURCE_UNAVAILABLE", message: "m" },
    ],
    [
      { code: -32_601, message: "m" },
      { code: "WORKER_ERROR", message: "m" },
    ],
    [
      { code: -32_301, message: "m" },
      { code: "UNREACHABLE", message: "m" },
    ],
    [
      { code: 1, message: "own positive" },
      { code: "COMPONENT_FAILED", message: "own positive" },
    ],
    [
      { code: -32_100, message: "m", data: { taskErrorCode: "INVALID_INPUT" } },
      { code: "INVALID_INPUT", message: "m", data: { taskErrorCode: "INVALID_INPUT" } },
    ],
  ])("the worker's error %j", async (error, expected) => {
    expect(await execute((response, seen) => sendJson(response, { id: idOf(seen), error }))).toEqual({
      kind: "failed",
      error: expected,
    });
  });
});

describe("answers that cannot be used", () => {
  test("a JSON-RPC error in a 400 without id is the worker's word", async () => {
    const outcome = await execute((response) =>
      sendJson(response, { error: { code: -32_600, message: "Failed to decode message" } }, 400),
    );
    expect(outcome).toEqual(failing("WORKER_ERROR", "Failed to decode message"));
  });

  test.each([429, 503])("HTTP %i with Retry-After says when to come again", async (status) => {
    const outcome = await execute((response) => void response.writeHead(status, { "retry-after": "2.5" }).end("busy"));
    expect(outcome).toEqual({
      ...failing("UNREACHABLE", expect.stringContaining(`HTTP ${status}: busy`)),
      retryAfterMs: 2500,
    });
  });

  test("Retry-After may be a date, measured against the worker's own clock", async () => {
    const outcome = await execute(
      (response) =>
        void response
          .writeHead(503, { date: "Sat, 21 Nov 2026 09:00:00 GMT", "retry-after": "Sat, 21 Nov 2026 09:00:30 GMT" })
          .end("busy"),
    );
    expect(outcome).toMatchObject({ retryAfterMs: 30_000 });
  });

  test.each([404, 405, 500, 502])("HTTP %i without a JSON-RPC body", async (status) => {
    expect(await execute((response) => void response.writeHead(status).end("<html>"))).toEqual(
      failing("UNREACHABLE", `component '/double' of plugin 'worker' could not be reached: HTTP ${status}: <html>`),
    );
  });

  test("a redirect is not followed", async () => {
    const outcome = await execute(
      (response) => void response.writeHead(307, { location: "http://169.254.169.254/" }).end(),
    );
    expect(outcome).toEqual(failing("UNREACHABLE", expect.stringContaining("HTTP 307 to http://169.254.169.254/")));
    expect(worker.methods().filter((method) => method === "components/execute")).toHaveLength(1);
  });

  test.each<[string, string]>([
    ["", "not JSON"],
    ["{", "not JSON"],
    ["[]", "no JSON-RPC response"],
    ['{"jsonrpc":"2.0","id":"other","result":{"output":1}}', 'the id "other" instead of "task-1:0/1"'],
    ['{"jsonrpc":"2.0","result":{"output":1}}', "the id null"],
    ['{"jsonrpc":"2.0","id":"task-1:0/1","result":{"output":1e999}}', "not JSON: The number 1e999"],
    ['{"jsonrpc":"2.0","id":"task-1:0/1"}', "no JSON-RPC response"],
  ])("the body %j", async (body, message) => {
    const outcome = await execute(
      (response) => void response.writeHead(200, { "content-type": "application/json" }).end(body),
    );
    expect(outcome).toEqual(failing("UNREACHABLE", expect.stringContaining(message)));
  });

  test("an answer over maxResponseBytes is not read to its end and not retried", async () => {
    const endless: Answer = (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    expect(await execute(endless, { maxResponseBytes: 500_000 })).toEqual(
      failing("WORKER_ERROR", expect.stringContaining("more than 500000 bytes")),
    );
  });

  test("nobody at the address, and a connection dropped before the answer", async () => {
    const gone = await HttpWorker.start();
    const { url } = gone;
    await gone.stop();
    expect(await transport({ url }).execute(attemptCall(), never)).toEqual(
      failing("UNREACHABLE", expect.stringContaining("ECONNREFUSED")),
    );
    expect(await execute((response) => void response.destroy())).toEqual(failing("UNREACHABLE"));
    const half = await execute((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"jsonrpc"', () => response.destroy());
    });
    expect(half).toEqual(failing("UNREACHABLE", expect.stringContaining("cut off")));
  });
});

describe("time", () => {
  test("no answer by the deadline is TIMEOUT, and the worker's connection is closed", async () => {
    const arrived = worker.arrival("components/execute");
    const closed = Promise.withResolvers<void>();
    const running = execute((response) => void response.on("close", closed.resolve));
    await arrived;
    timers.advance(60_000);
    expect(await running).toEqual(
      failing("TIMEOUT", "component '/double' of plugin 'worker' did not answer before the deadline of the attempt"),
    );
    await closed.promise;
    expect(timers.pending).toBe(0);
  });

  test("a deadline that has passed sends nothing", async () => {
    expect(await transport().execute(attemptCall({ deadlineAt: timers.now() }), never)).toEqual(failing("TIMEOUT"));
    expect(worker.seen).toEqual([]);
  });

  test("a cancelled call is CANCELLED at once", async () => {
    const controller = new AbortController();
    const arrived = worker.arrival("components/execute");
    worker.answers["components/execute"] = () => undefined;
    const running = transport().execute(attemptCall(), controller.signal);
    await arrived;
    controller.abort();
    expect(await running).toEqual(failing("CANCELLED"));
    expect(await transport().execute(attemptCall(), controller.signal)).toEqual(failing("CANCELLED"));
    expect(timers.pending).toBe(0);
  });

  test("an event stream that is silent for five minutes is TIMEOUT", async () => {
    let write: ((message: Json) => void) | undefined;
    const opened = Promise.withResolvers<void>();
    worker.answers["components/execute"] = (response) => {
      write = openStream(response);
      response.write(": hello\n\n", () => opened.resolve());
    };
    const running = transport().execute(attemptCall({ deadlineAt: timers.now() + 1e9 }), never);
    await opened.promise;
    // The deadline of the attempt and the handshake's are timers too: wait for the one that watches the stream.
    await expect.poll(() => timers.pending).toBe(2);
    timers.advance(299_999);
    expect(timers.pending).toBe(2);
    timers.advance(1);
    expect(await running).toEqual(failing("TIMEOUT", "component '/double' of plugin 'worker' sent nothing for 300 s"));
    expect(write).toBeDefined();
  });
});

describe("event streams", () => {
  test("the answer comes as the last event; the connection may drop right after it", async () => {
    const outcome = await execute((response, seen) => {
      openStream(response);
      response.write(
        `data: ${JSON.stringify({ id: idOf(seen), result: { output: { r: 1 } }, jsonrpc: "2.0" })}\n\n`,
        () => response.destroy(),
      );
    });
    expect(outcome).toEqual(success({ r: 1 }));
  });

  test("events are cut by the rules of SSE, not by chunks; comments and notifications are passed over", async () => {
    const outcome = await execute((response, seen) => {
      openStream(response);
      const text = `: keep-alive\n\ndata: {"jsonrpc":"2.0","method":"progress","params":{}}\n\ndata: {"id":${JSON.stringify(idOf(seen))},\ndata: "result":{"output":"ü€😀"}}\n\n`;
      const bytes = Buffer.from(text);
      let sent = 0;
      const next = (): void => void (sent < bytes.length && response.write(bytes.subarray(sent, ++sent), next));
      next();
    });
    expect(outcome).toEqual(success("ü€😀"));
  });

  test("a stream that ends without our response, with a stranger's, or with nonsense", async () => {
    const stranger = await execute((response) => {
      openStream(response)({ jsonrpc: "2.0", id: "someone else's", result: { output: 1 } });
      response.end();
    });
    expect(stranger).toEqual(
      failing("UNREACHABLE", expect.stringContaining("ended without the response to the call (1 with another id)")),
    );
    const dropped = await execute((response) => {
      openStream(response);
      response.write(": hi\n\n", () => response.destroy());
    });
    expect(dropped).toEqual(failing("UNREACHABLE", expect.stringContaining("ended without the response to the call:")));
    const nonsense = await execute((response) => {
      openStream(response);
      response.write("data: {nonsense\n\n");
    });
    expect(nonsense).toEqual(failing("UNREACHABLE", expect.stringContaining("cannot be understood")));
  });

  test("an event over maxResponseBytes", async () => {
    const outcome = await execute(
      (response) => {
        openStream(response);
        response.write(`data: ${"x".repeat(300_000)}`);
      },
      { maxResponseBytes: 100_000 },
    );
    expect(outcome).toEqual(failing("WORKER_ERROR"));
  });

  test("many events of bounded size may be more than that together", async () => {
    const outcome = await execute(
      (response, seen) => {
        const write = openStream(response);
        for (let n = 0; n < 20; n++) write({ jsonrpc: "2.0", method: "log", params: { text: "x".repeat(9000) } });
        write({ id: idOf(seen), result: { output: "done" } });
      },
      { maxResponseBytes: 100_000 },
    );
    expect(outcome).toEqual(success("done"));
  });

  test("callbacks are answered by a POST to the same instance while the stream is open: method not found for now", async () => {
    const outcome = await execute((response, seen) => {
      const write = openStream(response);
      worker.answers["answer"] = (posted, { message }) => {
        posted.writeHead(202).end('""');
        write({ jsonrpc: "2.0", id: idOf(seen), error: { code: -32_100, message: JSON.stringify(message["error"]) } });
      };
      write({ jsonrpc: "2.0", id: "cb-1", method: "blobs/put", params: { data: 1 } });
    });
    expect(outcome).toMatchObject({
      kind: "failed",
      error: { code: "COMPONENT_FAILED", message: expect.stringContaining("-32601") },
    });
    const { headers, message } = worker.last("answer");
    expect(headers["stepflow-instance-id"]).toBe("370b7f4af0bf4454");
    expect(message).toEqual({
      jsonrpc: "2.0",
      id: "cb-1",
      error: { code: -32_601, message: "this orchestrator does not serve 'blobs/put' to workers" },
    });
  });

  test("a handler that is plugged in serves them, several at once", async () => {
    const outcome = await execute(
      (response, seen) => {
        const write = openStream(response);
        const answers: Json[] = [];
        worker.answers["answer"] = (posted, { message }) => {
          posted.writeHead(202).end('""');
          answers.push(message["result"] ?? null);
          if (answers.length === 2)
            write({ id: idOf(seen), result: { output: answers.map(String).toSorted((a, b) => a.localeCompare(b)) } });
        };
        write({ jsonrpc: "2.0", id: 1, method: "double", params: { n: 2 } });
        write({ jsonrpc: "2.0", id: 2, method: "double", params: { n: 3 } });
      },
      {
        callbacks: async ({ method, params, call }) => ({
          kind: "result",
          result: `${method} ${JSON.stringify(params)} ${call.stepId}`,
        }),
      },
    );
    expect(outcome).toEqual(success(['double {"n":2} s1', 'double {"n":3} s1']));
  });

  test("an answer that the worker refuses fails the attempt: the component would wait for ever", async () => {
    worker.answers["answer"] = (posted) =>
      sendJson(posted, { error: { code: -32_600, message: "no pending request" } }, 400);
    const outcome = await execute((response) =>
      openStream(response)({ jsonrpc: "2.0", id: "cb", method: "x", params: {} }),
    );
    expect(outcome).toEqual(failing("UNREACHABLE", expect.stringContaining("refused the error of its 'x'")));
  });

  test("an attempt that has failed so leaves no open stream and no timer behind", async () => {
    worker.answers["answer"] = (posted) => sendJson(posted, {}, 400);
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    await execute((response) => {
      response.once("close", close);
      openStream(response)({ jsonrpc: "2.0", id: "cb", method: "x", params: {} });
    });
    await closed;
    expect(timers.pending).toBe(0);
  });

  test("signs of life keep a stream open for as long as its deadline", async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<(message: Json) => void>();
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const silent = 4 * 60 * 1000;
    worker.answers["components/execute"] = (response, seen) => {
      open(openStream(response));
      void done.then(() => response.end(`data: ${JSON.stringify({ id: idOf(seen), result: { output: "done" } })}\n\n`));
    };
    const beats: number[] = [];
    const attempt = transport({
      callbacks: async () => {
        beats.push(timers.now());
        return { kind: "result", result: null };
      },
    }).execute(attemptCall({ deadlineAt: timers.now() + 20 * silent }), never);
    const send = await opened;
    for (let beat = 1; beat <= 3; beat++) {
      timers.advance(silent);
      send({ jsonrpc: "2.0", method: "components/progress", params: { id: "x", progress: beat / 3 } });
      // The answer to a request shows that what was sent before it has been read.
      const answered = worker.arrival("answer");
      send({ jsonrpc: "2.0", id: beat, method: "ping", params: {} });
      await answered;
    }
    end();
    expect(await attempt).toEqual(success("done"));
    expect(beats).toHaveLength(3);
  });
});

describe("listComponents", () => {
  test("reads the worker's list", async () => {
    worker.answers["components/list"] = () => ({
      components: [
        { component: "/udf", description: "d", input_schema: { type: "object" }, output_schema: {} },
        { component: "blobby", description: null, input_schema: null },
        { nonsense: true },
      ],
    });
    expect(await transport().listComponents(never)).toEqual([
      { component: "/udf", description: "d", inputSchema: { type: "object" }, outputSchema: {} },
      { component: "/blobby" },
    ]);
  });

  test("throws why it cannot", async () => {
    worker.answers["components/list"] = (response) => void response.writeHead(500).end("oops");
    await expect(transport().listComponents(never)).rejects.toThrow(
      "plugin 'worker' could not be reached: HTTP 500: oops",
    );
    worker.answers["components/list"] = () => ({});
    await expect(transport().listComponents(never)).rejects.toThrow("gave no list of components");
  });
});
