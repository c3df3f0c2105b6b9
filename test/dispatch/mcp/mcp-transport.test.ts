import { afterEach, describe, expect, test } from "vitest";
import { HttpMcpServer, openStream } from "./http-mcp-server.ts";
import { mcpTransport } from "./mcp-transport-of.ts";

let server: HttpMcpServer;
afterEach(() => server.stop());
async function start(...args: Parameters<typeof HttpMcpServer.start>) {
  server = await HttpMcpServer.start(...args);
  return mcpTransport(server.url);
}
const never = new AbortController().signal;
const text = (value: string) => ({ content: [{ type: "text", text: value }] });

describe("the session", () => {
  test("is opened once, for calls without their leading slash, and ended when nothing has needed it for a while", async () => {
    const { call, timers } = await start();
    await Promise.all([call("tool", { input: { n: 1 } }), call("tool", { input: { n: 2 } })]);
    await call("tool", { input: { n: 3 } });
    const calls = server.seen.filter(({ method }) => method === "tools/call");
    expect(calls.map(({ params }) => params["name"])).toEqual(["tool", "tool", "tool"]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls[0]?.headers).toMatchObject({ "mcp-session-id": "session-1", "idempotency-key": "task-1:0" });
    expect(calls[0]?.headers["stepflow-call"]).toBeUndefined();
    expect(server.methods().filter((method) => method === "initialize")).toHaveLength(1);
    expect(server.methods()).not.toContain("GET");
    const ended = server.arrival("DELETE");
    timers.advance(10_000);
    expect((await ended).headers["mcp-session-id"]).toBe("session-1");
    expect(timers.pending).toBe(0);
    expect(await call("tool", { input: {} })).toMatchObject({ kind: "success" });
    expect(server.session).toBe(2);
  });

  test("is opened again when the server has lost it, and the call is made in it", async () => {
    const { call } = await start();
    await call("tool", { input: { n: 1 } });
    server.session = 99;
    expect(await call("tool", { input: { n: 2 } })).toMatchObject({
      kind: "success",
      value: { json: [{ text: '{"n":2}' }] },
    });
    expect(server.methods().filter((method) => method === "initialize")).toHaveLength(2);
  });

  test("is asked for the generation of the protocol once per isolate", async () => {
    server = await HttpMcpServer.start();
    const generations = new Map();
    await mcpTransport(server.url, { generations }).call("tool");
    await mcpTransport(server.url, { generations }).call("tool");
    expect(server.methods().filter((method) => method === "server/discover")).toHaveLength(1);
    expect(server.session).toBe(2);
  });

  test("is none with a server of the generation without sessions", async () => {
    const { call } = await start({
      "server/discover": () => ({
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities: { tools: {} },
        serverInfo: { name: "modern", version: "1" },
        ttlMs: 0,
        cacheScope: "public",
      }),
      "tools/call": ({ params }) => ({ resultType: "complete", ...text(JSON.stringify(params["arguments"])) }),
    });
    server.session = undefined;
    expect(await call("tool", { input: { n: 1 } })).toMatchObject({
      kind: "success",
      value: { json: [{ text: '{"n":1}' }] },
    });
    expect(server.methods()).toEqual(["server/discover", "tools/call"]);
    expect(server.seen[1]?.headers).toMatchObject({ "mcp-method": "tools/call", "mcp-name": "tool" });
    // It is replaced by one of the generation before.
    server.session = 7;
    delete server.answers["server/discover"];
    server.answers["tools/call"] = () => text("older");
    expect(await call("tool")).toMatchObject({ kind: "success", value: { json: [{ text: "older" }] } });
  });

  test("carries the configured headers", async () => {
    server = await HttpMcpServer.start();
    await mcpTransport(server.url, { headers: { authorization: "Bearer secret" } }).call("tool");
    expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer secret"]));
  });
});

describe("results", () => {
  test("tools of all pages are listed", async () => {
    const page = (name: string, nextCursor?: string) => ({
      tools: [{ name, inputSchema: { type: "object" } }],
      ...(nextCursor !== undefined && { nextCursor }),
    });
    const { transport } = await start({
      "tools/list": ({ params }) => (params["cursor"] === "2" ? page("b") : page("a", "2")),
    });
    const listed = await transport.listComponents(never);
    expect(listed.map(({ component }) => component)).toEqual(["/a", "/b"]);
    expect(server.methods().at(-1)).toBe("DELETE");
  });

  test("isError is a failure with the tool's text; what it gave is kept", async () => {
    const { call } = await start({ "tools/call": () => ({ ...text("out of paper"), isError: true }) });
    expect(await call("tool")).toEqual({
      kind: "failed",
      error: { code: "COMPONENT_FAILED", message: "out of paper", data: text("out of paper") },
    });
  });

  test("a JSON-RPC error is a failure of the tool, with the server's words in its data", async () => {
    const { call } = await start({
      "tools/call": ({ id }, response) => {
        const body = JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_603, message: "boom" } });
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      },
    });
    expect(await call("tool")).toMatchObject({
      error: {
        code: "COMPONENT_FAILED",
        message: "Tool 'tool' execution failed",
        data: { stack: [{ error: "Tool 'tool' execution failed" }, { error: "boom (JSON-RPC error -32603)" }] },
      },
    });
  });

  test("an input that is no object is refused without a call, and null is no arguments", async () => {
    const { call } = await start();
    expect(await call("tool", { input: [1] })).toMatchObject({ error: { code: "INVALID_INPUT" } });
    expect(server.seen).toEqual([]);
    expect(await call("tool", { input: null })).toMatchObject({ value: { json: [{ text: "{}" }] } });
  });

  test("a large result is stored", async () => {
    const { call } = await start({ "tools/call": () => text("x".repeat(300_000)) });
    expect(await call("tool")).toMatchObject({ kind: "success", value: { kind: "blob" } });
  });

  test("what comes before the answer on a stream, and what comes after it, changes nothing", async () => {
    const { call } = await start({
      "tools/call": ({ id, params }, response) => {
        const send = openStream(response);
        const { progressToken = null } = params["_meta"] as { progressToken?: string };
        send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: 1 } });
        send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
        send({ jsonrpc: "2.0", id, result: text("done") });
        send({ jsonrpc: "2.0", id, result: text("again") });
      },
    });
    expect(await call("tool")).toMatchObject({ kind: "success", value: { json: [{ text: "done" }] } });
  });
});

describe("a way there that fails", () => {
  test.each([
    ["500", 500, {}, "UNREACHABLE", undefined],
    ["503 with Retry-After", 503, { "retry-after": "7" }, "UNREACHABLE", 7000],
    ["401", 401, {}, "UNREACHABLE", undefined],
  ])("HTTP %s", async (_, status, headers, code, retryAfterMs) => {
    const { call } = await start({
      "tools/call": (_seen, response) => void response.writeHead(status, headers).end("no"),
    });
    const outcome = await call("tool");
    expect(outcome).toMatchObject({
      kind: "failed",
      error: { code, message: expect.stringContaining("'/tool' of plugin 'tools'") },
    });
    expect("retryAfterMs" in outcome ? outcome.retryAfterMs : undefined).toBe(retryAfterMs);
  });

  test("nobody listens", async () => {
    const { call } = await start();
    await server.stop();
    expect(await call("tool")).toMatchObject({ error: { code: "UNREACHABLE" } });
    server = await HttpMcpServer.start();
  });

  test.each([
    ["is no JSON", "oops", "the answer is not JSON"],
    [
      "holds a number that would be rounded",
      '{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":9007199254740993}}',
      "does not fit",
    ],
  ])("an answer that %s", async (_, body, message) => {
    const { call } = await start({
      "tools/call": (_seen, response) => void response.writeHead(200, { "content-type": "application/json" }).end(body),
    });
    expect(await call("tool")).toMatchObject({
      error: { code: "UNREACHABLE", message: expect.stringContaining(message) },
    });
  });

  test.each(["application/json", "text/event-stream"])("an answer that is too large, as %s", async (type) => {
    server = await HttpMcpServer.start({
      "tools/call": (_seen, response) => void response.writeHead(200, { "content-type": type }).end("x".repeat(20_000)),
    });
    const { call } = mcpTransport(server.url, { maxResponseBytes: 10_000 });
    expect(await call("tool")).toMatchObject({
      error: { code: "WORKER_ERROR", message: expect.stringContaining("more than 10000 bytes") },
    });
  });

  test("a stream that ends without the answer does not wait for the deadline", async () => {
    const { call, timers } = await start({
      "tools/call": (_seen, response) => {
        openStream(response)({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
        response.end();
      },
    });
    expect(await call("tool")).toMatchObject({
      error: { code: "UNREACHABLE", message: expect.stringContaining("ended without the response") },
    });
    // Only the session's own end is still to come.
    expect(timers.pending).toBe(1);
  });

  test("a stream that falls silent", async () => {
    const { call, timers } = await start({ "tools/call": (_seen, response) => openStream(response)([]) });
    const [arrived, outcome] = [server.arrival("tools/call"), call("tool", { deadlineAt: timers.now() + 3_600_000 })];
    await arrived;
    await expect.poll(() => timers.pending).toBe(2);
    timers.advance(300_000);
    expect(await outcome).toMatchObject({
      error: { code: "TIMEOUT", message: expect.stringContaining("sent nothing for 300 s") },
    });
  });

  test.each(["deadline", "cancel"])(
    "a held call is let go on the %s: the request itself is ended and the server told",
    async (how) => {
      const { call, timers } = await start({ "tools/call": (_seen, response) => openStream(response)([]) });
      const cancel = new AbortController();
      const [arrived, told] = [server.arrival("tools/call"), server.arrival("notifications/cancelled")];
      const outcome = call("tool", { deadlineAt: timers.now() + 5000 }, cancel.signal);
      const { hungUp, id } = await arrived;
      if (how === "cancel") cancel.abort();
      else timers.advance(5000);
      expect(await outcome).toMatchObject({ error: { code: how === "cancel" ? "CANCELLED" : "TIMEOUT" } });
      await hungUp;
      expect((await told).params).toMatchObject({ requestId: id });
    },
  );
});
