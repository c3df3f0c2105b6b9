/** The stdio adapter as an orchestrator meets it: a subprocess with lines of JSON on its standard streams. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readLines } from "../../src/sdk/stdio/read-lines.ts";
import { programPath } from "./worker-process.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- every test looks at its own part of it
type Message = any;
let child: ChildProcess;
let lines: AsyncIterator<string>;
let stderr: string;

const write = (message: unknown) =>
  child.stdin!.write(
    `${typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...(message as object) })}\n`,
  );
async function next(): Promise<Message> {
  return JSON.parse((await lines.next()).value);
}
const execute = (id: string | number, component: string, input: unknown) =>
  write({ id, method: "components/execute", params: { component, input, attempt: 1 } });

describe("stdio", () => {
  beforeEach(() => {
    child = spawn(process.execPath, [programPath("test/sdk/example-worker-program.ts"), "--stdio"]);
    lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    stderr = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
  });
  afterEach(async () => {
    child.stdin!.end();
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
  });

  test("speaks the protocol line by line, several executions at once, callbacks between them", async () => {
    write({ id: 1, method: "initialize", params: { runtime_protocol_version: 1 } });
    expect(await next()).toEqual({ jsonrpc: "2.0", id: 1, result: { server_protocol_version: 1 } });
    write({ method: "initialized", params: {} });
    execute("slow", "/blobby", { a: 1 });
    const put = await next();
    expect(put).toMatchObject({ method: "blobs/put", params: { data: { k: { a: 1 } }, blob_type: "data" } });
    execute("quick", "/double", { n: 2 });
    expect(await next()).toMatchObject({ id: "quick", result: { output: { doubled: 4 } } });
    write({ id: put.id, result: { blob_id: "c".repeat(64) } });
    const get = await next();
    expect(get).toMatchObject({ method: "blobs/get", params: { blob_id: "c".repeat(64) } });
    write({ id: get.id, result: { data: [true], blob_type: "data" } });
    expect(await next()).toMatchObject({ id: "slow", result: { output: { id: "c".repeat(64), back: [true] } } });
  });

  test("speaks the first dialect, with its names and its blobs", async () => {
    write({ id: 1, method: "initialize", params: { runtime_protocol_version: 1, protocol_prefix: "ts" } });
    expect(await next()).toMatchObject({ result: { server_protocol_version: 1 } });
    write({ id: 2, method: "list_components", params: {} });
    expect((await next()).result.components[0]).toMatchObject({ component: "/double" });
    write({ id: 3, method: "component_info", params: { component: "ts://double" } });
    expect((await next()).result).toMatchObject({
      input_schema: { type: "object" },
      output_schema: { type: "object" },
    });
    write({ id: 4, method: "component_execute", params: { component: "double", input: { n: 1 } } });
    expect(await next()).toMatchObject({ id: 4, result: { output: { doubled: 2 } } });
    write({ id: 5, method: "component_execute", params: { component: "/blobby", input: 1 } });
    const put = await next();
    expect(put).toMatchObject({ method: "put_blob", params: { data: { k: 1 } } });
    write({ id: put.id, result: { blob_id: "d".repeat(64) } });
    const get = await next();
    expect(get).toMatchObject({ method: "get_blob", params: { blob_id: "d".repeat(64) } });
    write({ id: get.id, error: { code: -32005, message: "Blob not found" } });
    expect(await next()).toMatchObject({
      id: 5,
      error: { code: -32100, message: "get_blob: Blob not found (-32005)" },
    });
  });

  test("a cancelled execution aborts and answers", async () => {
    execute("w", "/waits", {});
    write({ method: "components/cancel", params: { id: "w" } });
    expect(await next()).toMatchObject({ id: "w", error: { data: { taskErrorCode: "CANCELLED" } } });
  });

  test("a line that is no message is answered, and the next one is served", async () => {
    write("{nonsense");
    expect(await next()).toMatchObject({ id: null, error: { code: -32700 } });
    write({ id: 1, method: "no_such_method", params: {} });
    expect(await next()).toMatchObject({ id: 1, error: { code: -32601 } });
    execute(2, "/double", { n: 1 });
    expect(await next()).toMatchObject({ id: 2, result: { output: { doubled: 2 } } });
  });

  test("the end of the input ends the program, executions under way included", async () => {
    execute("w", "/waits", {});
    child.stdin!.end();
    expect(await next()).toMatchObject({ id: "w", error: { message: "cancelled: the orchestrator has gone" } });
    await once(child, "exit");
    expect(stderr).toContain('"message":"aborted"');
  });

  test("it ends also when two executions under way were given the same id", async () => {
    execute("w", "/waits", {});
    execute("w", "/waits", {});
    child.stdin!.end();
    for (const _ of [1, 2])
      expect(await next()).toMatchObject({ id: "w", error: { message: "cancelled: the orchestrator has gone" } });
    await once(child, "exit");
  });
});

test("lines may come in any pieces, a character in two of them", async () => {
  async function* pieces() {
    const bytes = new TextEncoder().encode('{"a":"ü"}\r\n\n{"b":1}\n{"c"');
    for (const byte of bytes) yield Uint8Array.of(byte);
    yield new TextEncoder().encode(":2}");
  }
  const seen: string[] = [];
  for await (const line of readLines(pieces())) seen.push(line);
  expect(seen).toEqual(['{"a":"ü"}', '{"b":1}', '{"c":2}']);
});
