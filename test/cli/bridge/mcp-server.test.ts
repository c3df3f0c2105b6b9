import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { EVERYTHING_SERVER } from "../../support/everything-server.ts";
import { type Bridged, bridged, outputOf } from "./bridged.ts";

let open: Bridged | undefined;
afterEach(() => open?.bridges.release());
async function start(plugin: JsonObject): Promise<Bridged> {
  open = await bridged({ type: "mcp", command: process.execPath, ...plugin });
  return open;
}
const everything = { args: [EVERYTHING_SERVER, "stdio"] };

test("the tools of a server on standard input and output are components, with their schemas", async () => {
  const { call, list } = await start({ ...everything, env: { GREETING: "hello" } });
  expect(outputOf(await call("echo", { message: "hi" }))).toEqual([{ type: "text", text: "Echo: hi" }]);
  expect(outputOf(await call("get-env", {}))).toMatchObject([{ text: expect.stringContaining('"GREETING": "hello"') }]);
  const { components, complete } = await list();
  expect(complete).toBe(true);
  expect(components.find(({ path }) => path === "/p/get-sum")).toMatchObject({
    inputSchema: { required: ["a", "b"] },
    outputSchema: { type: "array" },
  });
});

test("structured content, failures, and a tool that is not there", async () => {
  const { call } = await start({ ...everything, result: "structured" });
  expect(outputOf(await call("get-structured-content", { location: "Chicago" }))).toMatchObject({ temperature: 36 });
  expect(await call("get-sum", { a: "x" })).toMatchObject({ error: { code: "COMPONENT_FAILED" } });
  expect(await call("no-such-tool", {})).toMatchObject({ error: { code: "COMPONENT_NOT_FOUND" } });
});

test("calls at once, one of which runs out of time while it reports progress", async () => {
  const { call } = await start(everything);
  await call("echo", { message: "warm" });
  const [late, ...others] = await Promise.all([
    call("trigger-long-running-operation", { duration: 20, steps: 200 }, { withinMs: 300 }),
    ...[1, 2, 3].map((n) => call("echo", { message: `${n}` })),
    call("trigger-long-running-operation", { duration: 0.2, steps: 2 }),
  ]);
  expect(late).toMatchObject({ error: { code: "TIMEOUT" } });
  expect(others.map(outputOf)).toMatchObject([
    [{ text: "Echo: 1" }],
    [{ text: "Echo: 2" }],
    [{ text: "Echo: 3" }],
    [{ text: expect.stringContaining("completed") }],
  ]);
});

/** Answers `initialize`; a call reports progress, asks for roots, and is answered with what it was asked and told. */
const FRUGAL_SERVER = `
  const send = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
  let call; const seen = [];
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params, result, error } = JSON.parse(line);
    seen.push(method ?? { result, error });
    if (method === "initialize") send({ id, result: { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo: { name: "frugal", version: "1" } } });
    if (method === "tools/list") send({ id, result: { tools: ["look", "refuse"].map((name) => ({ name, inputSchema: { type: "object" } })) } });
    if (method === "tools/call" && params.name === "die") process.exit(9);
    if (method === "tools/call" && params.name === "refuse") send({ id, error: { code: -32000, message: "out of order" } });
    if (method === "tools/call" && params.name === "look") {
      call = id;
      send({ method: "notifications/progress", params: { progressToken: params._meta.progressToken, progress: 1 } });
      send({ id: "r1", method: "roots/list", params: {} });
    }
    if (method === undefined) send({ id: call, result: { content: [{ type: "text", text: JSON.stringify(seen) }] } });
  });`;

test("the handshake is done once, however many clients come; what the server asks is answered", async () => {
  const { call, list } = await start({ args: ["-e", FRUGAL_SERVER] });
  await list();
  await list();
  const [{ text }] = outputOf(await call("look", {})) as [{ text: string }];
  expect(JSON.parse(text)).toEqual([
    "initialize",
    "notifications/initialized",
    "tools/list",
    "tools/list",
    "tools/call",
    { result: { roots: [] } },
  ]);
});

test("a server's JSON-RPC error is the tool's failure; its death is a matter of transport, and it is started again", async () => {
  const { call, warnings } = await start({ args: ["-e", FRUGAL_SERVER] });
  expect(await call("refuse", {})).toMatchObject({
    error: {
      code: "COMPONENT_FAILED",
      message: "Tool 'refuse' execution failed",
      data: { stack: [{}, { error: "out of order (JSON-RPC error -32000)" }] },
    },
  });
  expect(await call("die", {})).toMatchObject({
    error: { code: "UNREACHABLE", message: expect.stringContaining("ended with code 9") },
  });
  expect(warnings).toHaveLength(1);
  expect(await call("look", {})).toMatchObject({ kind: "success" });
});
