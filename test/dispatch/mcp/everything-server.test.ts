import { afterAll, beforeAll, expect, test } from "vitest";
import { startEverythingServer } from "../../support/everything-server.ts";
import { mcpTransport } from "./mcp-transport-of.ts";

let server: Awaited<ReturnType<typeof startEverythingServer>>;
beforeAll(async () => {
  server = await startEverythingServer();
});
afterAll(() => server.stop());

test("CONF-10 a tool's result is its content array", async () => {
  const { call } = mcpTransport(server.url);
  expect(await call("echo", { input: { message: "hello" } })).toEqual({
    kind: "success",
    value: { kind: "inline", json: [{ type: "text", text: "Echo: hello" }] },
  });
});

test("CONF-10 structured content, where the plugin asks for it and the tool gives it", async () => {
  const { call } = mcpTransport(server.url, { result: "structured" });
  const weather = await call("get-structured-content", { input: { location: "New York" } });
  expect(weather).toMatchObject({ kind: "success", value: { json: { temperature: 33, conditions: "Cloudy" } } });
  const plain = await call("get-sum", { input: { a: 2, b: 3 } });
  expect(plain).toMatchObject({ value: { json: [{ type: "text", text: expect.stringContaining("5") }] } });
});

test("tools are components with their schemas", async () => {
  const { transport } = mcpTransport(server.url, { result: "structured" });
  const components = await transport.listComponents(new AbortController().signal);
  expect(components.find(({ component }) => component === "/get-sum")).toMatchObject({
    description: expect.any(String),
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
    outputSchema: { type: "array" },
  });
  expect(components.find(({ component }) => component === "/get-structured-content")).toMatchObject({
    outputSchema: { type: "object", required: ["temperature", "conditions", "humidity"] },
  });
});

test("a tool that the server does not have", async () => {
  const { call } = mcpTransport(server.url);
  expect(await call("no-such-tool")).toEqual({
    kind: "failed",
    error: { code: "COMPONENT_NOT_FOUND", message: "the MCP server of plugin 'tools' has no tool 'no-such-tool'" },
  });
});

test("arguments that the tool refuses are its failure", async () => {
  const { call } = mcpTransport(server.url);
  expect(await call("get-sum", { input: { a: "two" } })).toMatchObject({
    kind: "failed",
    error: { code: "COMPONENT_FAILED", message: expect.stringContaining("expected number") },
  });
});

test("an operation that reports progress, to its end and beyond its deadline", async () => {
  const { call, timers } = mcpTransport(server.url);
  expect(await call("trigger-long-running-operation", { input: { duration: 0.2, steps: 4 } })).toMatchObject({
    kind: "success",
    value: { json: [{ text: expect.stringContaining("completed") }] },
  });
  const late = call("trigger-long-running-operation", {
    input: { duration: 60, steps: 60 },
    deadlineAt: timers.now() + 1000,
  });
  timers.advance(1000);
  expect(await late).toMatchObject({ kind: "failed", error: { code: "TIMEOUT" } });
});

test("calls at once share one session", async () => {
  const { call } = mcpTransport(server.url);
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, n) => call("echo", { input: { message: `message ${n}` } })),
  );
  expect(outcomes.map((outcome) => outcome.kind === "success" && outcome.value)).toEqual(
    Array.from({ length: 8 }, (_, n) => ({ kind: "inline", json: [{ type: "text", text: `Echo: message ${n}` }] })),
  );
});
