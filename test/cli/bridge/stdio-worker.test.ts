import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import type { CallbackHandler } from "../../../src/dispatch/http-jsonrpc/callback-handler.ts";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";
import type { Progress } from "../../../src/protocol/progress.ts";
import { type Bridged, bridged, outputOf, PYTHON, SDK_WORKER, SLASHES_WORKER, UNDERSCORE_WORKER } from "./bridged.ts";

let open: Bridged | undefined;
afterEach(() => open?.bridges.release());
async function start(...args: Parameters<typeof bridged>): Promise<Bridged> {
  open = await bridged(...args);
  return open;
}

const node = (...args: string[]): JsonObject => ({ type: "stdio", command: process.execPath, args });
const slashes = node(SLASHES_WORKER);

/** Keeps blobs by number; knows both generations' names of the methods. */
function blobCallbacks(): CallbackHandler {
  const blobs: Json[] = [];
  return async ({ method, params }) => {
    const { data = null, blob_id } = params as JsonObject;
    if (/put/.test(method)) return { kind: "result", result: { blob_id: String(blobs.push(data) - 1) } };
    const found = blobs[Number(blob_id)];
    return found === undefined
      ? { kind: "error", error: { code: -32_005, message: `there is no blob ${JSON.stringify(blob_id)}` } }
      : { kind: "result", result: { data: found, blob_type: "data" } };
  };
}

describe("a worker of 0.2 to 0.7", () => {
  test("executes, lists and fails as over HTTP", async () => {
    const { call, list } = await start(slashes);
    expect(outputOf(await call("double", { n: 21 }))).toEqual({ doubled: 42 });
    expect(outputOf(await call("context", {}))).toMatchObject({ component: "/context", attempt: 1, step_id: "s1" });
    expect(await call("fail", { message: "no luck" })).toMatchObject({
      error: { code: "COMPONENT_FAILED", message: "no luck" },
    });
    expect(await call("nothing", {})).toMatchObject({ error: { code: "COMPONENT_NOT_FOUND" } });
    const { components, complete } = await list();
    expect(complete).toBe(true);
    expect(components.find(({ path }) => path === "/p/double")).toMatchObject({ inputSchema: { type: "object" } });
  });

  test("asks for blobs while it executes, several executions at once", async () => {
    const { call } = await start(slashes, { callbacks: blobCallbacks() });
    const outcomes = await Promise.all([1, 2, 3, 4].map((n) => call("keep", { n })));
    expect(outcomes.map((outcome) => (outputOf(outcome) as JsonObject)["data"])).toEqual(
      [1, 2, 3, 4].map((n) => ({ n })),
    );
  });

  test("is answered although the call that carried its request is given up", async () => {
    const asked: string[] = [];
    const blobs = blobCallbacks();
    const callbacks: CallbackHandler = (callback, signal) => {
      asked.push(`${callback.call.componentId} ${callback.method}`);
      return callback.call.componentId === "/slow" ? new Promise(() => {}) : blobs(callback, signal);
    };
    const { call, said } = await start(slashes, { callbacks });
    const cancel = new AbortController();
    const slow = call("slow", {}, { signal: cancel.signal });
    await expect.poll(() => said).toContain("slow has begun");
    const keep = call("keep", { n: 1 });
    await expect.poll(() => asked).toEqual(["/slow blobs/put"]);
    cancel.abort();
    expect(await slow).toMatchObject({ error: { code: "CANCELLED" } });
    expect(outputOf(await keep)).toMatchObject({ data: { n: 1 } });
    expect(asked).toEqual(["/slow blobs/put", "/keep blobs/put", "/keep blobs/get"]);
  });

  test("hears it when what it asks for is refused", async () => {
    const { call } = await start(slashes, { callbacks: blobCallbacks() });
    expect(await call("evaluate", { flow_id: "f", input: {} })).toMatchObject({
      error: { code: "COMPONENT_FAILED", message: "there is no blob undefined" },
    });
  });

  test("sees the configured environment and folder, and nothing else of ours", async () => {
    const directory = await realpath(tmpdir());
    const { call } = await start(
      { ...slashes, env: { SECRET: "for it" }, workingDirectory: "." },
      { directory, environment: { OPENAI_API_KEY: "not for it" } },
    );
    const seen = outputOf(await call("environment", {})) as { directory: string; names: string[]; secret: string };
    expect(seen).toMatchObject({ directory, secret: "for it" });
    expect(seen.names).toContain("PATH");
    expect(seen.names).not.toContain("OPENAI_API_KEY");
  });

  test("is started again after it has died; the call that it died of is a matter of transport", async () => {
    const { call, warnings, said } = await start(slashes);
    expect(await call("die", {})).toMatchObject({
      error: {
        code: "UNREACHABLE",
        message: expect.stringMatching(/plugin "p" ended with code 3; it wrote: .*about to die/),
      },
    });
    expect(outputOf(await call("double", { n: 1 }))).toEqual({ doubled: 2 });
    expect(said).toContain("about to die");
    expect(warnings).toEqual([expect.stringContaining("ended with code 3; the next call starts it again")]);
  });

  test("does not hold a call beyond its deadline, and serves the next", async () => {
    const { call } = await start(slashes);
    await call("double", { n: 1 });
    expect(await call("slow", {}, { withinMs: 50 })).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(outputOf(await call("double", { n: 2 }))).toEqual({ doubled: 4 });
  });

  test("may write to its standard output by mistake: it is told, once", async () => {
    const { call, warnings } = await start(slashes);
    expect([outputOf(await call("shout", {})), outputOf(await call("shout", {}))]).toEqual(["shouted", "shouted"]);
    expect(warnings).toEqual([
      expect.stringContaining("no JSON-RPC message (its log belongs on standard error): a print statement"),
    ]);
  });

  test("may answer 8 MiB, but not without end", async () => {
    const { call } = await start(slashes);
    expect(await call("big", { bytes: 8 * 1024 * 1024 })).toMatchObject({ kind: "success", value: { kind: "blob" } });
    expect(await call("big", { bytes: 17 * 1024 * 1024 })).toMatchObject({
      error: { code: "UNREACHABLE", message: expect.stringContaining("wrote a line of more than 16 MiB") },
    });
    expect(outputOf(await call("double", { n: 2 }))).toEqual({ doubled: 4 });
  });
});

describe("a worker on our SDK", () => {
  const sdk = node(SDK_WORKER);

  test("RUN-160 tells the progress of each of several executions to the one it is of", async () => {
    const { call } = await start(sdk);
    const told = await Promise.all(
      [1, 2, 3].map(async (page) => {
        const words: Progress[] = [];
        await call("resume", { page }, { progress: (word) => words.push(word) });
        return words;
      }),
    );
    expect(told).toEqual([1, 2, 3].map((page) => [{ progress: 0.5, message: "half", details: { page } }]));
  });

  test("gets the idempotency key, and blobs through the bridge", async () => {
    const { call } = await start(sdk, { callbacks: blobCallbacks() });
    expect(outputOf(await call("key", {}))).toBe("task-1:0");
    expect(outputOf(await call("keep", { a: 1 }))).toEqual({ data: { a: 1 } });
  });

  test("is told when a call is given up", async () => {
    const { call, said } = await start(sdk);
    const cancel = new AbortController();
    const outcome = call("hold", {}, { signal: cancel.signal });
    await expect.poll(() => said).toContain("holding");
    cancel.abort();
    expect(await outcome).toMatchObject({ error: { code: "CANCELLED" } });
    await expect.poll(() => said).toContain("given up");
  });
});

describe.skipIf(PYTHON === undefined)("a Python worker of the oldest dialect", () => {
  const python = (...args: string[]): JsonObject => ({
    type: "stdio",
    command: PYTHON ?? "",
    args: [UNDERSCORE_WORKER, ...args],
  });

  test("without a list of components", async () => {
    const { call, list } = await start(python());
    expect(outputOf(await call("math", { operands: [1, 2, 3] }))).toEqual({
      result: 6,
      operation_performed: "add on [1, 2, 3]",
    });
    expect(await call("math", { operands: "no" })).toMatchObject({ error: { code: "COMPONENT_FAILED" } });
    expect(await list()).toMatchObject({ components: [], complete: true });
  });

  test("with components that it lists as URLs and describes one by one", async () => {
    const { call, list } = await start(python("--names"));
    expect(outputOf(await call("math", { operands: [4] }))).toMatchObject({ result: 4 });
    const { components } = await list();
    expect(components.map(({ path }) => path)).toEqual(["/p/keep", "/p/math"]);
    expect(components[1]).toMatchObject({ inputSchema: { required: ["operands"] }, outputSchema: { type: "object" } });
  });

  test("asks for blobs under the old names", async () => {
    const { call } = await start(python("--names"), { callbacks: blobCallbacks() });
    expect(outputOf(await call("keep", { a: 1 }))).toEqual({ blob_id: "0", data: { a: 1 } });
  });
});

test("a worker that dies of an unknown method is not asked which methods it has", async () => {
  const fragile = `
    const methods = { initialize: () => ({}), component_execute: ({ input }) => ({ output: input }) };
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id !== undefined) console.log(JSON.stringify({ id, result: methods[method](params) }));
    });`;
  const { call } = await start(node("-e", fragile));
  expect(outputOf(await call("anything", { a: 1 }))).toEqual({ a: 1 });
});

describe("a program that cannot be used", () => {
  test.each([
    [
      "is not there",
      { type: "stdio", command: "no-such-program" },
      'starts the program "no-such-program", which is not there',
    ],
    ["is to run nowhere", { ...slashes, workingDirectory: "no/such/folder" }, "there is no such folder"],
  ])("%s: refused before anything starts", async (_, plugin, message) => {
    await expect(bridged(plugin)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
  });

  test.each([
    [
      "ends at once",
      node("-e", "console.error('missing module'); process.exit(1)"),
      /ended with code 1; it wrote: missing module/,
    ],
    ["writes garbage and ends", node("-e", "console.log('usage: x')"), /ended with code 0; it wrote: usage: x/],
    [
      "refuses to initialize",
      node(
        "-e",
        'process.stdin.once(\'data\', () => console.log(\'{"id":1,"error":{"code":-32000,"message":"not today"}}\'))',
      ),
      /refused to initialize: not today/,
    ],
  ])("%s: its calls and its listing say so", async (_, plugin, message) => {
    const { call, list } = await start(plugin);
    expect(await call("x", {})).toMatchObject({
      error: { code: "UNREACHABLE", message: expect.stringMatching(message) },
    });
    expect((await list()).failedPlugins).toMatchObject([{ plugin: "p", error: expect.stringMatching(message) }]);
  });
});
