import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { AttemptReply } from "../../src/core/ports/transport.ts";
import type { CallbackDeps } from "../../src/dispatch/callbacks/callback-request.ts";
import { serveCallbacks } from "../../src/dispatch/callbacks/serve-callbacks.ts";
import { readEventStream } from "../../src/dispatch/http-jsonrpc/event-stream.ts";
import type { Exchange } from "../../src/dispatch/http-jsonrpc/exchange.ts";
import { HttpJsonRpcTransport } from "../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import { McpTransport } from "../../src/dispatch/mcp/mcp-transport.ts";
import { attemptCall } from "../dispatch/attempt-call.ts";
import { ManualTimers } from "../dispatch/manual-timers.ts";
import type { Prng } from "../simulation/prng.ts";
import { type FuzzTarget, must } from "./fuzz-target.ts";
import { hostileJson } from "./hostile-json.ts";
import { cutBytes } from "./mutate-text.ts";
import {
  describeAnswer,
  eventStream,
  type RawAnswer,
  RPC_WORDS,
  rawAnswer,
  responseOf,
  rpcMessage,
} from "./worker-answer.ts";

const CALL = attemptCall();
/** The id under which the transport sends `CALL`. */
const ID = `${CALL.idempotencyKey}/${CALL.attempt}`;
const WORKER_URL = "http://worker.test/";

/** A worker may only do so much in a case. */
const refuseRuns: CallbackDeps["runs"] = {
  submit: async () => ({ kind: "refused", message: "no runs here" }),
  summary: async () => ({ kind: "not_found", message: "no such run" }),
  results: async () => ({ kind: "not_found", message: "no such run" }),
};

/** Whatever a worker answers, an attempt has an outcome; nothing is thrown, and nothing is left waiting. */
export const workerTarget: FuzzTarget = {
  name: "worker-answers",
  make(prng) {
    const messages = Array.from({ length: prng.between(1, 4) }, () =>
      rpcMessage(prng, ID, { output: hostileJson(prng, RPC_WORDS, 5) }),
    );
    const handshake = prng.chance(0.9)
      ? undefined
      : rawAnswer(prng, [rpcMessage(prng, "initialize", { serverProtocolVersion: 1 })]);
    const answer = rawAnswer(prng, messages);
    const text = [handshake, answer].flatMap((raw) => (raw ? [describeAnswer(raw)] : [])).join("\n");
    return { text, run: () => checkWorker(handshake, answer) };
  },
};

async function checkWorker(handshake: RawAnswer | undefined, answer: RawAnswer): Promise<void> {
  const timers = new ManualTimers();
  const blobs = new MemoryBlobStore();
  const transport = new HttpJsonRpcTransport({
    plugin: "w",
    url: WORKER_URL,
    worker: WORKER_URL,
    sessions: new Map(),
    blobs,
    timers,
    callbacks: serveCallbacks({ blobs, runs: refuseRuns }),
    taskUrl: () => "http://stepflow.test/tasks/t",
    blobApiUrl: () => "http://stepflow.test/blobs",
    fetch: async (request) => {
      const { method, id }: { method?: string; id?: string } = JSON.parse(await request.text());
      if (method === "initialize")
        return handshake
          ? responseOf(handshake)
          : Response.json({ jsonrpc: "2.0", id, result: { serverProtocolVersion: 1 } });
      return method === "components/execute" ? responseOf(answer) : new Response(null, { status: 202 });
    },
  });
  checkReply(await transport.execute(CALL, new AbortController().signal));
  must(timers.pending === 0, `no timer is left, but ${timers.pending} are`);
}

function checkReply(reply: AttemptReply): void {
  must(reply.kind !== "crashed", `an outcome of its own, but it crashed: ${JSON.stringify(reply)}`);
  if (reply.kind === "failed") must(reply.error.message !== "", "a failure has words");
  if (reply.kind === "handed_over") must(reply.withinMs > 0 && Number.isFinite(reply.withinMs), "a deadline ahead");
  JSON.stringify(reply);
}

/** A stream says the same wherever it is cut. */
export const streamTarget: FuzzTarget = {
  name: "event-streams",
  make(prng) {
    const messages = Array.from({ length: prng.between(0, 5) }, () =>
      rpcMessage(prng, ID, { output: hostileJson(prng, RPC_WORDS, 5) }),
    );
    const text = eventStream(prng, messages);
    const bytes = new TextEncoder().encode(text);
    const cuts = cutBytes(prng, bytes);
    return {
      text: JSON.stringify({ text, cuts: cuts.length }),
      run: async () => {
        const [whole, cut] = [await readStream([bytes]), await readStream(cuts)];
        must(
          JSON.stringify(whole) === JSON.stringify(cut),
          `${JSON.stringify(whole)} whole, ${JSON.stringify(cut)} cut`,
        );
      },
    };
  },
};

async function readStream(
  chunks: readonly Uint8Array<ArrayBuffer>[],
): Promise<{ readonly exchange: Exchange; readonly heard: readonly unknown[] }> {
  const { body } = responseOf({ status: 200, headers: {}, chunks, isBroken: false });
  if (!body) throw new Error("a response with a body");
  const heard: unknown[] = [];
  const exchange = await readEventStream(
    body,
    ID,
    { maxBytes: 1_000_000, idleMs: 1_000 },
    new ManualTimers(),
    (message) => heard.push(message),
  );
  return { exchange, heard };
}

const SERVER = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "fuzz", version: "1" },
};

/** The same of MCP servers, whose requests have ids of the client library's choice. */
export const mcpTarget: FuzzTarget = {
  name: "mcp-answers",
  make(prng) {
    const seed = prng.between(0, 2 ** 31);
    const result = () => mcpResult(prng);
    // The ids are not known yet: they are filled in where this one stands.
    const messages = Array.from({ length: prng.between(1, 3) }, () => rpcMessage(prng, ID_MARK, result()));
    const answer = rawAnswer(prng, messages);
    const handshake = prng.chance(0.15) ? rawAnswer(prng, [rpcMessage(prng, ID_MARK, SERVER)]) : undefined;
    const text = [handshake, answer].flatMap((raw) => (raw ? [describeAnswer(raw)] : [])).join("\n");
    return { text: `${seed} ${text}`, run: () => checkMcp(handshake, answer) };
  },
};

const ID_MARK = 123_454_321;

function mcpResult(prng: Prng) {
  return prng.chance(0.7)
    ? { content: [{ type: "text", text: "t" }], structuredContent: hostileJson(prng, RPC_WORDS, 4) }
    : hostileJson(prng, RPC_WORDS, 5);
}

async function checkMcp(handshake: RawAnswer | undefined, answer: RawAnswer): Promise<void> {
  const timers = new ManualTimers();
  const transport = new McpTransport({
    plugin: "tools",
    result: "content",
    url: WORKER_URL,
    headers: {},
    timers,
    // Without a word about generations the library would probe for the newer one first.
    generations: new Map([[WORKER_URL, { kind: "legacy" }]]),
    blobs: new MemoryBlobStore(),
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const { method, id }: { method?: string; id?: number } = JSON.parse(await request.text());
      if (id === undefined) return new Response(null, { status: 202 });
      if (method === "initialize")
        return handshake ? responseOf(withId(handshake, id)) : Response.json({ jsonrpc: "2.0", id, result: SERVER });
      if (method === "tools/list") return Response.json({ jsonrpc: "2.0", id, result: { tools: [] } });
      return responseOf(withId(answer, id));
    },
  });
  const ended = new AbortController();
  const call = attemptCall({ plugin: "tools", componentId: "/t", input: {}, deadlineAt: timers.now() + 30_000 });
  const reply = transport.execute(call, ended.signal);
  // A server that never answers is a matter for the deadline: it comes once nothing else does.
  for (let turn = 0; turn < 200; turn++) {
    const next = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
    if ((await Promise.race([reply, next])) !== undefined) break;
  }
  timers.advance(30_000);
  checkReply(await reply);
}

function withId(answer: RawAnswer, id: number): RawAnswer {
  const text = Buffer.concat(answer.chunks).toString("latin1").replaceAll(String(ID_MARK), String(id));
  return { ...answer, chunks: [new Uint8Array(Buffer.from(text, "latin1"))] };
}
