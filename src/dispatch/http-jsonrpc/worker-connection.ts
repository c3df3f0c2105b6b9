/**
 * One worker's URL: posts JSON-RPC messages to it and reads the answers, plain JSON or an event stream, whichever the worker
 * chooses. Holds no state between requests. Never throws for what the worker or the network does; throws only when aborted.
 */
import { MAX_TASK_DEADLINE_SECS } from "../../protocol/api/task.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { readBoundedText } from "../bounded-body.ts";
import type { Timers } from "../deadline.ts";
import { EgressRefusedError } from "../egress-fetch.ts";
import { retryAfterMs } from "../retry-after.ts";
import type { CallbackAnswer } from "./callback-handler.ts";
import { readEventStream } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type RpcId, type RpcMessage, readRpcMessage } from "./json-rpc.ts";
import type { RequestSigner } from "./request-signer.ts";

export type WorkerFetch = (request: Request) => Promise<Response>;

export interface WorkerEndpoint {
  readonly url: string;
  readonly fetch: WorkerFetch;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxResponseBytes: number;
  readonly timers: Timers;
  /** Absent: messages are not signed. */
  readonly signer?: RequestSigner;
}

export interface RpcCall {
  readonly id: RpcId;
  readonly method: string;
  readonly params: Json;
  /** Names the message where it is signed; a fresh one unless given. */
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Told when the response has begun. */
  readonly onHeaders?: () => void;
  /** Serves what the worker asks while it works. */
  readonly onNotification?: (notification: Extract<RpcMessage, { kind: "notification" }>) => void;
  readonly onRequest?: (request: Extract<RpcMessage, { kind: "request" }>) => Promise<CallbackAnswer>;
}

type Posted =
  | { readonly kind: "response"; readonly response: Response }
  | Extract<Exchange, { kind: "broken" | "refused" }>;

const DEFAULT_HAND_OVER_MS = 24 * 60 * 60 * 1000;
/** How long an event stream may be silent. */
const MAX_SILENCE_MS = 5 * 60 * 1000;

export class WorkerConnection {
  readonly #endpoint: WorkerEndpoint;

  constructor(endpoint: WorkerEndpoint) {
    this.#endpoint = endpoint;
  }

  /** Sends a request and gives its answer. */
  async call(
    { id, method, params, messageId, headers = {}, onHeaders, onRequest, onNotification }: RpcCall,
    signal: AbortSignal,
  ): Promise<Exchange> {
    const posted = await this.#post({ jsonrpc: "2.0", id, method, params }, headers, signal, messageId);
    if (posted.kind !== "response") return posted;
    onHeaders?.();
    const { response } = posted;
    const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
    return response.ok && isStream
      ? this.#readStream(response, id, signal, { onRequest, onNotification })
      : this.#readJson(response, id, signal);
  }

  /** Sends a notification; a worker that does not take it loses nothing. */
  async notify(method: string, params: Json, signal: AbortSignal): Promise<void> {
    const posted = await this.#post({ jsonrpc: "2.0", method, params }, {}, signal);
    if (posted.kind === "response") await posted.response.body?.cancel();
  }

  async #post(
    message: Json,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    messageId?: string,
  ): Promise<Posted> {
    const { url, fetch, headers: always, signer } = this.#endpoint;
    const body = JSON.stringify(message);
    const signature = await signer?.headers(messageId ?? `message-${crypto.randomUUID()}`, body);
    const request = new Request(url, {
      method: "POST",
      redirect: "manual",
      headers: {
        ...always,
        ...headers,
        ...signature,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body,
      signal,
    });
    try {
      return { kind: "response", response: await fetch(request) };
    } catch (cause) {
      if (signal.aborted) throw cause;
      if (cause instanceof EgressRefusedError) return { kind: "refused", rule: cause.rule, reason: cause.message };
      return { kind: "broken", reason: `no connection: ${describe(cause)}` };
    }
  }

  async #readJson(response: Response, id: RpcId, signal: AbortSignal): Promise<Exchange> {
    const { maxResponseBytes } = this.#endpoint;
    const after = retryAfterMs(response.headers);
    const retry = after === undefined ? {} : { retryAfterMs: after };
    let text: string | undefined;
    try {
      text = await readBoundedText(response, maxResponseBytes);
    } catch (cause) {
      if (signal.aborted) throw cause;
      return { kind: "broken", reason: `the answer was cut off: ${describe(cause)}`, ...retry };
    }
    if (text === undefined) return { kind: "too_large", limitBytes: maxResponseBytes };
    const parsed = parseJson(text);
    const message = parsed.kind === "json" ? readRpcMessage(parsed.json) : undefined;
    if (message?.kind === "error") return { kind: "error", error: message.error, ...retry };
    if (response.status === 202 && !message) return { kind: "handed_over", withinMs: handOverMs(parsed) };
    if (!response.ok) return { kind: "broken", reason: describeStatus(response, text), ...retry };
    if (message?.kind !== "result") {
      const why =
        parsed.kind === "invalid" ? `the answer is not JSON: ${parsed.message}` : "the answer is no JSON-RPC response";
      return { kind: "broken", reason: `${why} (HTTP ${response.status}, ${text.length} characters)` };
    }
    if (message.id !== id)
      return {
        kind: "broken",
        reason: `the answer has the id ${JSON.stringify(message.id ?? null)} instead of ${JSON.stringify(id)}`,
      };
    return { kind: "result", result: message.result, maxBytes: text.length * 3 };
  }

  async #readStream(
    response: Response,
    id: RpcId,
    signal: AbortSignal,
    { onRequest, onNotification }: { readonly [Name in "onRequest" | "onNotification"]: RpcCall[Name] | undefined },
  ): Promise<Exchange> {
    if (!response.body) return { kind: "broken", reason: "the worker's event stream is empty" };
    const { maxResponseBytes, timers } = this.#endpoint;
    let unanswered = 0;
    const over = new AbortController();
    const limits = {
      maxBytes: maxResponseBytes,
      idleMs: MAX_SILENCE_MS,
      isWaitedFor: () => unanswered > 0,
      signal: over.signal,
    };
    // A load balancer finds the instance that waits for the answer by this header.
    const instance = response.headers.get("stepflow-instance-id");
    const headers: Record<string, string> = instance === null ? {} : { "stepflow-instance-id": instance };
    const { promise: lost, resolve: lose } = Promise.withResolvers<Exchange>();
    const answer = async (request: Extract<RpcMessage, { kind: "request" }>): Promise<void> => {
      const given = await (onRequest?.(request) ?? methodNotFound(request.method));
      const posted = await this.#post({ jsonrpc: "2.0", id: request.id, ...answerMembers(given) }, headers, signal);
      // The component would wait for its answer for ever.
      if (posted.kind !== "response") lose(posted);
      else if (posted.response.ok) await posted.response.body?.cancel();
      else
        lose({
          kind: "broken",
          reason: `the worker refused the ${given.kind} of its '${request.method}': ${describeStatus(posted.response, "")}`,
        });
    };
    const stream = readEventStream(response.body, id, limits, timers, (message) => {
      if (message.kind === "notification") {
        onNotification?.(message);
        return;
      }
      unanswered++;
      answer(message)
        .catch((cause: unknown) => lose({ kind: "broken", reason: describe(cause) }))
        .finally(() => unanswered--);
    });
    return Promise.race([stream, lost]).finally(() => over.abort("the exchange has ended"));
  }
}

/** `{deadlineSecs}` in the body of a 202; a day unless it says so. */
function handOverMs(parsed: ReturnType<typeof parseJson>): number {
  const json = parsed.kind === "json" ? parsed.json : undefined;
  if (typeof json !== "object" || json === null || Array.isArray(json)) return DEFAULT_HAND_OVER_MS;
  const { deadlineSecs = json["deadline_secs"] } = json;
  if (typeof deadlineSecs !== "number" || deadlineSecs <= 0) return DEFAULT_HAND_OVER_MS;
  return Math.min(deadlineSecs, MAX_TASK_DEADLINE_SECS) * 1000;
}

function answerMembers(answer: CallbackAnswer): JsonObject {
  if (answer.kind === "result") return { result: answer.result };
  const { code, message, data } = answer.error;
  return { error: { code, message, ...(data !== undefined && { data }) } };
}

async function methodNotFound(method: string): Promise<CallbackAnswer> {
  return { kind: "error", error: { code: -32_601, message: `'${method}' is not served here` } };
}

function describeStatus(response: Response, text: string): string {
  const { status } = response;
  const location = response.headers.get("location");
  if (status >= 300 && status < 400)
    return `HTTP ${status} to ${location ?? "nowhere"}: redirects are not followed, configure the final URL`;
  const excerpt = text.trim().slice(0, 200);
  return `HTTP ${status}${excerpt === "" ? "" : `: ${excerpt}`}`;
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown fault";
  // Node says "fetch failed" and keeps the reason in the cause.
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
