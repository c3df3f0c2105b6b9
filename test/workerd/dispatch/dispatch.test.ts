/** What dispatch relies on in the platform's runtime: no eval, streams, aborts, service bindings. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { R2BlobStore } from "../../../src/blobs/r2-blob-store.ts";
import { DEFAULT_CONFIG, parseConfig } from "../../../src/core/config/index.ts";
import { ConfigComponentResolver } from "../../../src/dispatch/component-resolver.ts";
import { Router } from "../../../src/dispatch/router.ts";
import type { Namespace } from "../../../src/protocol/ids.ts";
import { attemptCall } from "../../dispatch/attempt-call.ts";
import { ManualTimers } from "../../dispatch/manual-timers.ts";

const { BLOBS: bucket } = env as unknown as { readonly BLOBS: R2Bucket };
const blobs = new R2BlobStore({ bucket, namespace: "dispatch" as Namespace, newUploadId: () => crypto.randomUUID() });
const never = new AbortController().signal;

type Execute = (request: Request, id: string) => Response | Promise<Response>;
function binding(execute: Execute) {
  return {
    async fetch(request: Request): Promise<Response> {
      const { id, method } = await request.clone().json<{ id?: string; method?: string }>();
      if (method === "components/execute") return execute(request, id ?? "");
      return method === "initialize"
        ? Response.json({ jsonrpc: "2.0", id, result: { serverProtocolVersion: 1 } })
        : new Response('""', { status: 202 });
    },
  };
}
function worker(execute: Execute, timers = new ManualTimers()) {
  const { config } = parseConfig("plugins: {w: {type: service, binding: W}}");
  const deps = {
    blobs,
    fetch,
    local: true,
    timers,
    bindings: { W: binding(execute) },
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
  };
  return { transport: new Router(config!, deps).transport("w"), timers };
}

test("a plain answer, and a large one into R2", async () => {
  const plain = worker((_, id) => Response.json({ id, result: { output: [1, "ü"] } }));
  expect(await plain.transport.execute(attemptCall(), never)).toEqual({
    kind: "success",
    value: { kind: "inline", json: [1, "ü"] },
  });
  const large = worker((_, id) => Response.json({ id, result: { output: "x".repeat(400_000) } }));
  const outcome = await large.transport.execute(attemptCall(), never);
  expect(outcome).toMatchObject({ kind: "success", value: { kind: "blob", bytes: 400_002 } });
  if (outcome.kind === "success" && outcome.value.kind === "blob")
    expect((await blobs.head(outcome.value.blob))?.size).toBe(400_002);
});

test("an event stream that breaks after its last event, with a callback answered meanwhile", async () => {
  const answered = Promise.withResolvers<unknown>();
  const W = binding((_, id) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const send = (message: unknown) => writer.write(new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`));
    void (async () => {
      await send({ jsonrpc: "2.0", id: "cb", method: "blobs/get", params: {} });
      await answered.promise;
      await send({ id, result: { output: "end" } });
      await writer.abort(new Error("dropped"));
    })().catch(() => {});
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  });
  const serve = W.fetch.bind(W);
  W.fetch = async (request) => {
    const message = await request.clone().json<{ id?: string; error?: unknown }>();
    if (message.id !== "cb") return serve(request);
    answered.resolve(message.error);
    return new Response('""', { status: 202 });
  };
  const { config } = parseConfig("plugins: {w: {type: service, binding: W}}");
  const deps = {
    blobs,
    fetch,
    local: true,
    timers: new ManualTimers(),
    bindings: { W },
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
  };
  const outcome = await new Router(config!, deps).transport("w").execute(attemptCall(), never);
  expect(outcome).toEqual({ kind: "success", value: { kind: "inline", json: "end" } });
  expect(await answered.promise).toMatchObject({ code: -32_601 });
});

test("a worker that never answers ends at the deadline", async () => {
  const arrived = Promise.withResolvers<void>();
  const { transport, timers } = worker(() => {
    arrived.resolve();
    return new Promise<Response>(() => {});
  });
  const running = transport.execute(attemptCall(), never);
  await arrived.promise;
  timers.advance(60_000);
  expect(await running).toMatchObject({ kind: "failed", error: { code: "TIMEOUT" } });
  expect(timers.pending).toBe(0);
});

test("configuration, schema checks and JSONata need no eval", async () => {
  const resolver = new ConfigComponentResolver(DEFAULT_CONFIG);
  const resolution = resolver.resolve("/builtin/sleep", null);
  expect(resolution.kind === "sleep" && resolution.component.plan({ duration_ms: "x" }, 0)).toMatchObject({
    error: { code: "INVALID_INPUT" },
  });
  const deps = {
    blobs,
    fetch,
    local: true,
    timers: new ManualTimers(),
    bindings: {},
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
  };
  const builtin = new Router(DEFAULT_CONFIG, deps).transport("builtin");
  const input = { expression: "$sum(a) & $uppercase('x')", data: { a: [1, 2] } };
  expect(await builtin.execute(attemptCall({ componentId: "/jsonata", input }), never)).toEqual({
    kind: "success",
    value: { kind: "inline", json: "3X" },
  });
});
