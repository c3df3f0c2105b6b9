import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { components } from "../../../workers/text/src/components/index.ts";

const entry = fileURLToPath(new URL("../../../workers/text/node.ts", import.meta.url));
const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };

let child: ChildProcess;
let base: string;

beforeAll(async () => {
  child = spawn(process.execPath, [entry, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const { value: line } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  base = `http://127.0.0.1:${JSON.parse(line ?? "{}").port}`;
});

afterAll(async () => {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- every test looks at its own part of it
  readonly body: any;
}

async function post(body: unknown, more: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(base, { method: "POST", headers: { ...headers, ...more }, body: text });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
}
const call = (method: string, params: object, id: string | number = "r1") =>
  post({ jsonrpc: "2.0", id, method, params });
const run = (component: string, input: unknown, attempt = 1) =>
  call("components/execute", {
    component,
    input,
    attempt,
    observability: { run_id: "019bf0d2-1111-7000-8000-000000000000" },
  });

describe("the text worker over HTTP", () => {
  test("shakes hands in the camelCase dialect, whichever dialect the orchestrator offers as well", async () => {
    const params = {
      runtimeProtocolVersion: 1,
      runtime_protocol_version: 1,
      protocol_prefix: "text",
      capabilities: { blobApiUrl: "http://127.0.0.1:1/b" },
    };
    expect(await call("initialize", params, 7)).toEqual({
      status: 200,
      type: "application/json",
      body: { jsonrpc: "2.0", id: 7, result: { serverProtocolVersion: 1, supportsBlobRefs: false } },
    });
    expect(await post({ jsonrpc: "2.0", method: "initialized", params: {} })).toMatchObject({ status: 202, body: "" });
  });

  test("lists every component with description and schemas", async () => {
    const { body } = await call("components/list", {});
    const listed: { component: string; description: string; input_schema: object; output_schema: object }[] =
      body.result.components;
    expect(listed.map(({ component }) => component)).toEqual(components.map(({ name }) => `/${name}`));
    for (const { component, description, input_schema, output_schema } of listed) {
      expect(component).toMatch(/^\/[a-z]+(_[a-z]+)*$/);
      expect(description.length).toBeGreaterThan(20);
      expect(input_schema).toMatchObject({ type: "object", additionalProperties: false });
      expect(output_schema).toMatchObject({ type: "object" });
    }
  });

  test("tells about one component", async () => {
    const { body } = await call("components/info", { component: "/chunk" });
    expect(body.result.info).toMatchObject({
      component: "/chunk",
      input_schema: { required: ["text"], properties: { size: { type: "integer", default: 5 } } },
    });
  });

  test("executes, and works without a handshake and without an attempt", async () => {
    expect((await run("/split_sentences", { text: "Grüße. 👋 Hi." })).body).toMatchObject({
      id: "r1",
      result: { output: { count: 2 } },
    });
    expect(
      (await call("components/execute", { component: "/flaky", input: { fail_times: 0 } })).body.result.output.attempt,
    ).toBe(1);
  });

  test("answers every id as it came", async () => {
    for (const id of ["", "x", 0, -3, 1.5]) expect((await call("components/list", {}, id)).body.id).toBe(id);
  });

  test("tells bad input (-32602) from a component that failed (-32100) and one it does not have (-32001)", async () => {
    expect(await run("/chunk", { text: 1 })).toMatchObject({
      status: 200,
      body: {
        error: {
          code: -32602,
          message: "Invalid input for chunk: /text must be a string, not 1",
          data: { faults: [{ pointer: "/text", message: "must be a string, not 1" }] },
        },
      },
    });
    expect(await run("/flaky", { fail_times: 1 }, 1)).toMatchObject({ status: 200, body: { error: { code: -32100 } } });
    expect(await run("/flaky", { fail_times: 1 }, 2)).toMatchObject({
      status: 200,
      body: { result: { output: { attempt: 2 } } },
    });
    for (const component of ["/nope", "chunk", "/text/chunk", "/__proto__", "/constructor"]) {
      const { status, body } = await run(component, {});
      expect([status, body.error.code, body.error.data]).toEqual([200, -32001, { component }]);
      expect(body.error.message).toContain("it has /chunk,");
    }
  });

  test.each([
    ["not JSON", "{", -32700],
    ["an empty body", "", -32700],
    ["a batch", "[]", -32600],
    ["a scalar", "7", -32600],
    ["no method", { id: 1 }, -32600],
    ["a method that is no string", { id: 1, method: 7 }, -32600],
    ["an id that is an object", { id: {}, method: "components/list" }, -32600],
    ["params that are a list", { id: 1, method: "components/list", params: [] }, -32600],
    ["an unknown method", { id: 1, method: "components/infer_schema", params: {} }, -32601],
    ["a missing component", { id: 1, method: "components/execute", params: { input: 1 } }, -32602],
    ["a missing input", { id: 1, method: "components/execute", params: { component: "/chunk" } }, -32602],
    [
      "an attempt of zero",
      { id: 1, method: "components/execute", params: { component: "/chunk", input: {}, attempt: 0 } },
      -32602,
    ],
    ["an answer nobody waits for", { id: "x", result: {} }, -32600],
  ])("refuses %s with 400", async (_, body, code) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
    expect(answer.body.error.message.length).toBeGreaterThan(10);
  });

  test("wants the content type, and answers callers that take no event stream as well", async () => {
    expect(await post({}, { "content-type": "text/plain" })).toMatchObject({
      status: 415,
      body: { error: "Content-Type must be application/json" },
    });
    for (const accept of ["application/json", "*/*"]) {
      const answer = await post(
        { jsonrpc: "2.0", id: 1, method: "components/info", params: { component: "/chunk" } },
        { accept },
      );
      expect(answer).toMatchObject({ status: 200, type: "application/json", body: { id: 1, result: {} } });
    }
  });

  test("tells its health, and only that, elsewhere", async () => {
    const health = await (await fetch(`${base}/health`)).json();
    expect(health).toEqual({
      status: "healthy",
      instanceId: expect.stringMatching(/^[0-9a-f]{16}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      service: "stepflow-text",
    });
    const status = async (path: string, method: string) => (await fetch(base + path, { method, headers })).status;
    expect(await status("/", "GET")).toBe(405);
    expect(await status("/health", "POST")).toBe(405);
    expect(await status("/other", "POST")).toBe(404);
  });

  test("stops reading a body that is too large, whether or not it says so beforehand", async () => {
    expect((await post(`"${"x".repeat(17 * 1024 * 1024)}"`)).status).toBe(413);
    const megabyte = new TextEncoder().encode("x".repeat(1024 * 1024));
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(megabyte) });
    const response = await fetch(base, { method: "POST", headers, body: endless, duplex: "half" } as RequestInit).catch(
      () => "closed",
    );
    expect(typeof response === "string" ? response : response.status).toSatisfy(
      (seen) => seen === 413 || seen === "closed",
    );
    expect((await fetch(`${base}/health`)).status).toBe(200);
  });

  test("refuses bytes that are not UTF-8", async () => {
    const response = await fetch(base, { method: "POST", headers, body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32700 } });
  });

  test("survives a caller that hangs up in the middle of a body", async () => {
    const socket = connect(Number(new URL(base).port), "127.0.0.1");
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: ${headers.accept}\r\ncontent-length: 100\r\n\r\n{"jso`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.destroy();
    expect((await call("components/list", {})).status).toBe(200);
  });

  test("takes lone surrogates and deep nesting; what is too deep is an error, not the end of the worker", async () => {
    const lone = await post(
      '{"jsonrpc":"2.0","id":1,"method":"components/execute","params":{"component":"/statistics","input":{"text":"a\\ud800b"}}}',
    );
    expect(lone.body.result.output.characters).toBe(3);
    const nest = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    const flaky = (value: string) =>
      post(
        `{"jsonrpc":"2.0","id":1,"method":"components/execute","params":{"component":"/flaky","input":{"fail_times":0,"value":${value}}}}`,
      );
    expect(JSON.stringify((await flaky(nest(500))).body.result.output.value)).toBe(nest(500));
    expect((await flaky(nest(1_000_000))).body.error.code).toBeLessThan(-32000);
  });
});
