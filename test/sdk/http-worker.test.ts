/** The SDK's worker over real HTTP, called as the protocol's Python orchestrators and plain clients call it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorker } from "../../src/sdk/index.ts";
import { programPath, WorkerProcess } from "./worker-process.ts";

const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
let child: WorkerProcess;

beforeAll(async () => {
  child = await WorkerProcess.start(programPath("test/sdk/example-worker-program.ts"));
});
afterAll(async () => {
  expect(await child.stop()).toBe(0);
});

function post(body: unknown, more: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(child.url, { method: "POST", headers: { ...headers, ...more }, body: text, ...(signal && { signal }) });
}
interface Answered {
  readonly status: number;
  readonly type: string | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- every test looks at its own part of it
  readonly body: any;
}
async function call(method: string, params: object, id: string | number = "r1"): Promise<Answered> {
  const response = await post({ jsonrpc: "2.0", id, method, params });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
}
const execute = (component: string, input: unknown, more: object = {}) =>
  call("components/execute", { component, input, attempt: 1, observability: {}, ...more });

/** The `data:` of every event, and the comments. */
async function readStream(response: Response): Promise<{ events: unknown[]; comments: string[] }> {
  const blocks = (await response.text()).split("\n\n").filter((block) => block !== "");
  return {
    events: blocks.filter((block) => block.startsWith("data: ")).map((block) => JSON.parse(block.slice(6))),
    comments: blocks.filter((block) => block.startsWith(":")),
  };
}

describe("handshake", () => {
  test("answers the camelCase dialect in it, also when both are offered", async () => {
    const both = { runtimeProtocolVersion: 1, runtime_protocol_version: 1, protocol_prefix: "x", capabilities: {} };
    expect((await call("initialize", both)).body.result).toEqual({ serverProtocolVersion: 1, supportsBlobRefs: false });
  });

  test("answers the snake_case dialect in it", async () => {
    expect((await call("initialize", { runtime_protocol_version: 1 })).body.result).toEqual({
      server_protocol_version: 1,
    });
  });

  test("says that it takes blob references once it knows where blobs are and from which size on", async () => {
    const capabilities = { blobApiUrl: "http://127.0.0.1:1/blobs", blobThreshold: 1000 };
    const { body } = await call("initialize", { runtimeProtocolVersion: 1, capabilities });
    expect(body.result).toEqual({ serverProtocolVersion: 1, supportsBlobRefs: true });
    await call("initialize", { runtimeProtocolVersion: 1 });
  });

  test("takes notifications", async () => {
    const response = await post({ jsonrpc: "2.0", method: "initialized", params: {} });
    expect([response.status, await response.text()]).toEqual([202, '""']);
  });
});

describe("components", () => {
  test("are listed with JSON Schemas made from their schemas", async () => {
    const { components } = (await call("components/list", {})).body.result;
    expect(components.map(({ component }: { component: string }) => component).slice(0, 2)).toEqual([
      "/double",
      "/plain_schema",
    ]);
    expect(components[0]).toMatchObject({
      description: "Twice a number, as often as asked.",
      input_schema: { type: "object", required: ["n"], properties: { times: { type: "integer", default: 1 } } },
      output_schema: { type: "object", required: ["doubled"] },
    });
    expect(components[1].input_schema.properties.words.items).toEqual({ type: "string" });
    expect(components[2]).toEqual({ component: "/untyped", description: null, input_schema: {}, output_schema: {} });
  });

  test("are described one by one; an unknown one is named with those there are", async () => {
    expect((await call("components/info", { component: "/double" })).body.result.info.component).toBe("/double");
    const { error } = (await call("components/info", { component: "double" })).body;
    expect(error).toMatchObject({ code: -32001, data: { component: "double" } });
    expect(error.message).toContain("it has /double, /plain_schema");
  });
});

describe("execution", () => {
  test("checks the input, fills in defaults, checks the output, and answers quick components as plain JSON", async () => {
    expect(await execute("/double", { n: 4 })).toEqual({
      status: 200,
      type: "application/json",
      body: { jsonrpc: "2.0", id: "r1", result: { output: { doubled: 8 } } },
    });
  });

  test("gives null for nothing, and passes anything through without schemas", async () => {
    expect((await execute("/nothing", 1)).body.result).toEqual({ output: null });
    const odd = { a: [1, null, "ü", { "": false }] };
    expect((await execute("/untyped", odd)).body.result).toEqual({ output: odd });
  });

  test("keeps keys that JavaScript makes special", async () => {
    const response = await post(
      '{"jsonrpc":"2.0","id":1,"method":"components/execute","params":{"component":"/untyped","input":{"__proto__":{"a":1},"x":2}}}',
    );
    expect(await response.text()).toContain('{"output":{"__proto__":{"a":1},"x":2}}');
  });

  test.each([
    ["/double", { n: "4" }, -32602, "INVALID_INPUT", "/n"],
    ["/double", 7, -32602, "INVALID_INPUT", ""],
    ["/plain_schema", { words: ["a", 1] }, -32602, "INVALID_INPUT", "/words/1"],
    ["/plain_schema", { words: ["more than twenty", "characters"] }, -32603, "WORKER_ERROR", "/text"],
    ["/throws", { how: "invalid" }, -32602, "INVALID_INPUT", "/how"],
    ["/throws", { how: "nan" }, -32603, "WORKER_ERROR", "/deep/1"],
    ["/throws", { how: "bigint" }, -32603, "WORKER_ERROR", "/big"],
    ["/throws", { how: "cycle" }, -32603, "WORKER_ERROR", ""],
  ])("%s of %j is refused with a pointer to what is wrong", async (component, input, code, taskErrorCode, pointer) => {
    const { status, body } = await execute(component, input);
    expect(status).toBe(200);
    expect(body.error).toMatchObject({ code, data: { taskErrorCode, faults: [{ pointer }] } });
    expect(body.error.message).toContain(component.slice(1));
  });

  test("tells what a component throws", async () => {
    expect((await execute("/throws", { how: "error" })).body.error).toEqual({
      code: -32100,
      message: "custom",
      data: {},
    });
    expect((await execute("/throws", { how: "string" })).body.error.message).toBe("a mere string");
    expect((await execute("/throws", { how: "unavailable" })).body.error).toEqual({
      code: -32102,
      message: "come back later",
      data: { queue: 7, taskErrorCode: "RESOURCE_UNAVAILABLE" },
    });
  });

  test("tells the component who it works for", async () => {
    const ids = { run_id: "019bf0d2-1111-7000-8000-000000000000", flow_id: "f".repeat(64), step_id: "s1" };
    const response = await post(
      {
        jsonrpc: "2.0",
        id: 1,
        method: "components/execute",
        params: { component: "/who", input: {}, attempt: 3, observability: ids },
      },
      { "idempotency-key": "key-1" },
    );
    expect(await response.json()).toMatchObject({
      result: {
        output: { attempt: 3, idempotencyKey: "key-1", runId: ids.run_id, flowId: ids.flow_id, stepId: "s1" },
      },
    });
    // The oldest spelling, and nothing at all.
    expect((await execute("/who", {}, { run_id: "r", attempt: 1 })).body.result.output.runId).toBe("r");
    expect((await call("components/execute", { component: "/who", input: {} })).body.result.output).toEqual({
      attempt: 1,
      idempotencyKey: null,
      runId: null,
      flowId: null,
      stepId: null,
    });
  });
});

describe("streams", () => {
  const message = (component: string, params: object = {}) => ({
    jsonrpc: "2.0",
    id: "e1",
    method: "components/execute",
    params: { component, input: {}, attempt: 1, observability: {}, ...params },
  });

  test("a component that takes its time gets headers at once, comments, and the response as last event", async () => {
    const response = await post(message("/takes", { input: { ms: 60 } }));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("stepflow-instance-id")).toMatch(/^[0-9a-f]{16}$/);
    expect(await readStream(response)).toEqual({
      events: [{ jsonrpc: "2.0", id: "e1", result: { output: { ms: 60 } } }],
      comments: [": working"],
    });
  });

  test("a caller that takes no stream gets JSON, however long it takes", async () => {
    const response = await post(message("/takes", { input: { ms: 60 } }), { accept: "application/json" });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toMatchObject({ result: { output: { ms: 60 } } });
  });

  test("a caller that takes no stream cannot be asked, and the component says so", async () => {
    const response = await post(message("/submits", { input: { flow_id: "b".repeat(64) } }), { accept: "*/*" });
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("Accept") } });
  });

  test("heartbeats are notifications", async () => {
    const response = await post(message("/progress"));
    expect((await readStream(response)).events).toEqual([
      { jsonrpc: "2.0", method: "components/progress", params: { id: "e1", progress: 0.5, message: "half way" } },
      { jsonrpc: "2.0", id: "e1", result: { output: "done" } },
    ]);
  });

  test("the signal aborts when the caller goes away", async () => {
    const controller = new AbortController();
    const response = await post(message("/waits", { observability: { step_id: "gone" } }), {}, controller.signal);
    expect(JSON.parse(await child.logged("waiting"))).toEqual({
      level: "info",
      message: "waiting",
      component: "/waits",
      runId: null,
      stepId: "gone",
      attempt: 1,
    });
    controller.abort();
    await expect(response.text()).rejects.toThrow();
    expect(await child.logged("aborted")).toContain("the caller has gone");
  });

  test("the signal aborts when the time is over, and the call ends whether or not the component does", async () => {
    const { events } = await readStream(await post(message("/waits", { timeoutMs: 50 })));
    expect(events).toEqual([
      {
        jsonrpc: "2.0",
        id: "e1",
        error: { code: -32100, message: "no result within 50 ms", data: { taskErrorCode: "TIMEOUT" } },
      },
    ]);
  });

  test("an answer goes to the component that asked; the second one is refused", async () => {
    const response = await post(message("/submits", { input: { flow_id: "b".repeat(64) } }));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const nextRequest = async (method: string): Promise<{ id: string; params: Record<string, unknown> }> => {
      while (!text.includes(method)) text += (await reader.read()).value ?? "";
      const line = text.split("\n").find((candidate) => candidate.includes(method));
      return JSON.parse((line ?? "").slice(6));
    };
    const status = { runId: "r1", flowId: "b".repeat(64), status: "running", items: {} };
    const submit = await nextRequest("runs/submit");
    expect(submit.params).toEqual({
      flowId: "b".repeat(64),
      inputs: [{ a: 1 }],
      subflowKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      wait: false,
      maxConcurrency: 2,
      overrides: null,
    });
    const answer = { jsonrpc: "2.0", id: submit.id, result: status };
    expect((await post(answer)).status).toBe(202);
    const again = await post(answer);
    expect([again.status, await again.json()]).toMatchObject([
      400,
      { error: { message: `Response with id '${submit.id}' has no pending request` } },
    ]);
    const get = await nextRequest("runs/get");
    expect(get.params).toEqual({ runId: "r1", wait: true, includeResults: true, resultOrder: "by_index" });
    await post({ jsonrpc: "2.0", id: get.id, error: { code: -32005, message: "Run not found" } });
    while (!text.includes("-32100")) text += (await reader.read()).value ?? "";
    expect(text).toContain("runs/get: Run not found (-32005)");
  });
});

test("a worker can be mounted below a path", async () => {
  const mounted = createWorker({ name: "m", basePath: "/w" }).component("echo", { execute: (input) => input });
  const status = async (path: string) => (await mounted.fetch(new Request(`http://host${path}`))).status;
  expect(await Promise.all(["/w/health", "/health", "/", "/wx", "/w"].map(status))).toEqual([200, 404, 404, 404, 405]);
  const body = '{"jsonrpc":"2.0","id":1,"method":"components/execute","params":{"component":"/echo","input":[1]}}';
  const response = await mounted.fetch(new Request("http://host/w", { method: "POST", headers, body }));
  expect(await response.json()).toMatchObject({ result: { output: [1] } });
});

describe("strictness", () => {
  test.each([
    ["not JSON", "{", -32700],
    [
      "a number that would be rounded",
      '{"jsonrpc":"2.0","id":1,"method":"x","params":{"n":12345678901234567890}}',
      -32700,
    ],
    ["a batch", "[]", -32600],
    ["no method", { id: 1 }, -32600],
    ["params that are a list", { id: 1, method: "components/list", params: [] }, -32600],
    ["an unknown method", { id: 1, method: "components/infer_schema", params: {} }, -32601],
    ["a missing input", { id: 1, method: "components/execute", params: { component: "/double" } }, -32602],
    [
      "an attempt of zero",
      { id: 1, method: "components/execute", params: { component: "/x", input: 1, attempt: 0 } },
      -32602,
    ],
  ])("refuses %s with 400", async (_, body, code) => {
    const response = await post(body);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code } }]);
  });

  test("wants JSON, and has a state and nothing else", async () => {
    expect((await post("{}", { "content-type": "text/plain" })).status).toBe(415);
    const health = await (await fetch(`${child.url}/health`)).json();
    expect(health).toMatchObject({ status: "healthy", service: "example" });
    expect((await fetch(child.url)).status).toBe(405);
    expect((await fetch(`${child.url}/other`)).status).toBe(404);
    expect((await post(`"${"x".repeat(17 * 1024 * 1024)}"`)).status).toBe(413);
  });
});
