import type { Json } from "../../src/protocol/json.ts";
import type { Prng } from "../simulation/prng.ts";
import { hostileJson, mutateJson } from "./hostile-json.ts";
import { cutBytes, MAX_CHARACTERS, mutateText } from "./mutate-text.ts";

export const RPC_WORDS = [
  "jsonrpc",
  "id",
  "method",
  "params",
  "result",
  "error",
  "code",
  "message",
  "data",
  "output",
  "taskErrorCode",
  "deadlineSecs",
  "components",
  "component",
  "content",
  "isError",
  "structuredContent",
  "tools",
  "type",
  "text",
  "name",
  "protocolVersion",
  "capabilities",
  "serverInfo",
  "blob_id",
  "blobId",
  "blob_type",
  "flow",
  "flowId",
  "input",
  "inputs",
  "run_id",
  "runId",
  "wait",
  "includeResults",
  "overrides",
  "maxConcurrency",
  "subflowKey",
  "$blob",
] as const;

const METHODS = [
  "blobs/put",
  "blobs/get",
  "flows/evaluate",
  "flows/get_metadata",
  "flows/submit_batch",
  "flows/get_batch",
  "runs/submit",
  "runs/get",
  "put_blob",
  "get_blob",
  "notifications/progress",
  "no/such",
] as const;

/** A JSON-RPC message as a worker might send it, right or not. */
export function rpcMessage(prng: Prng, id: string | number, result: Json): Json {
  const hostile = () => hostileJson(prng, RPC_WORDS, 4);
  const shape = (): Json => {
    switch (prng.weighted({ result: 5, error: 3, request: 3, notification: 1, other: 1 })) {
      case "result":
        return { jsonrpc: "2.0", id, result };
      case "error":
        return { jsonrpc: "2.0", id, error: { code: prng.between(-33_000, 10), message: "no", data: hostile() } };
      case "request":
        return {
          jsonrpc: "2.0",
          id: prng.pick(["cb-1", 7, ""]),
          method: prng.pick(METHODS),
          params: mutateJson(
            prng,
            { data: hostile(), blob_type: "data", blob_id: "b".repeat(64), runId: "x" },
            RPC_WORDS,
          ),
        };
      case "notification":
        return { jsonrpc: "2.0", method: prng.pick(METHODS), params: hostile() };
      case "other":
        return hostile();
    }
  };
  return prng.chance(0.6) ? shape() : mutateJson(prng, shape(), RPC_WORDS, 0.12);
}

/** Messages as an event stream, with the liberties that the format allows. */
export function eventStream(prng: Prng, messages: readonly Json[]): string {
  const end = prng.pick(["\n", "\r\n", "\r"]);
  const events = messages.map((message) => {
    const compact = JSON.stringify(message);
    // Indented, a deep one would be large.
    const text = prng.chance(0.2) && compact.length < 2_000 ? JSON.stringify(message, null, 1) : compact;
    const lines = text.split("\n").map((line) => `data:${prng.chance(0.8) ? " " : ""}${line}`);
    if (prng.chance(0.2)) lines.unshift(prng.pick([": keep-alive", "event: message", "retry: 10", "id", "nonsense"]));
    return lines.join(end) + end + end;
  });
  if (prng.chance(0.2)) events.unshift("\ufeff");
  if (prng.chance(0.1)) events.pop();
  const stream = events.join("").slice(0, MAX_CHARACTERS);
  return prng.chance(0.25) ? mutateText(prng, stream, [stream]) : stream;
}

/** What a worker answers one request with. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** The connection breaks instead of ending. */
  readonly isBroken: boolean;
}

export function rawAnswer(prng: Prng, messages: readonly Json[]): RawAnswer {
  const isStream = prng.chance(0.5);
  const [first = null] = messages;
  const json = JSON.stringify(first);
  const text = isStream ? eventStream(prng, messages) : prng.chance(0.75) ? json : mutateText(prng, json, [json]);
  const bytes = new TextEncoder().encode(text);
  if (prng.chance(0.05) && bytes.length > 0) bytes[prng.between(0, bytes.length - 1)] = prng.between(128, 255);
  const isBroken = prng.chance(0.1);
  return {
    status: prng.pick([200, 200, 200, 200, 200, 200, 202, 204, 301, 400, 404, 429, 500, 503]),
    headers: {
      "content-type": isStream
        ? prng.pick(["text/event-stream", "Text/Event-Stream; charset=utf-8"])
        : prng.pick(["application/json", "application/json", "text/plain", "application/json; charset=x"]),
      ...(prng.chance(0.2) && {
        "retry-after": prng.pick(["3", "-1", "1e9", "soon", "Wed, 21 Oct 2099 07:28:00 GMT"]),
      }),
      ...(prng.chance(0.1) && { "mcp-session-id": prng.pick(["s", "\t", "é"]) }),
    },
    chunks: cutBytes(prng, isBroken ? bytes.slice(0, prng.between(0, bytes.length)) : bytes),
    isBroken,
  };
}

/** A fresh response each time, as a fetch gives it. */
export function responseOf({ status, headers, chunks, isBroken }: RawAnswer): Response {
  const left = [...chunks];
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = left.shift();
      if (chunk) controller.enqueue(chunk);
      else if (isBroken) controller.error(new TypeError("terminated"));
      else controller.close();
    },
  });
  return new Response(status === 204 ? null : body, { status, headers });
}

export function describeAnswer({ status, headers, chunks, isBroken }: RawAnswer): string {
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  return JSON.stringify({ status, headers, isBroken, chunks: chunks.length, text });
}
