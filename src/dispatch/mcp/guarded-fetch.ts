/**
 * The network as the MCP client library sees it. Owns the calls in flight, which the library's requests name in a header of
 * their own; what leaves is an ordinary request, what comes back is bounded in bytes and silence and checked to be exact JSON.
 * Nobody listens to a server outside of calls: the library's standing GET is refused here, so that no stream pins an object.
 */
import type { FetchLike } from "@modelcontextprotocol/client";
import { parseJson } from "../../protocol/parse-json.ts";
import { readBoundedText } from "../bounded-body.ts";
import type { Timers } from "../deadline.ts";
import { EgressRefusedError } from "../egress-fetch.ts";
import type { WorkerFetch } from "../http-jsonrpc/worker-connection.ts";
import { retryAfterMs } from "../retry-after.ts";
import { guardEventStream } from "./guarded-stream.ts";
import { type LostExchange, McpFault } from "./mcp-fault.ts";

/** One call, as far as its request and its answer need it. */
interface GuardedCall {
  /** Ends the request itself: the library only tells the server that it does not wait any more. */
  readonly signal: AbortSignal;
  readonly onLost: (exchange: LostExchange) => void;
}

const CALL_HEADER = "stepflow-call";
/** How long an event stream may be silent. */
const MAX_SILENCE_MS = 5 * 60 * 1000;

export class GuardedFetch {
  readonly #fetch: WorkerFetch;
  readonly #timers: Timers;
  readonly #maxBytes: number;
  readonly #calls = new Map<string, GuardedCall>();
  #lastCall = 0;

  constructor(options: { readonly fetch: WorkerFetch; readonly timers: Timers; readonly maxBytes: number }) {
    this.#fetch = options.fetch;
    this.#timers = options.timers;
    this.#maxBytes = options.maxBytes;
  }

  /** Runs a call whose requests carry the headers it is given. */
  async during<T>(call: GuardedCall, run: (headers: Record<string, string>) => Promise<T>): Promise<T> {
    this.#lastCall += 1;
    const name = String(this.#lastCall);
    this.#calls.set(name, call);
    try {
      return await run({ [CALL_HEADER]: name });
    } finally {
      this.#calls.delete(name);
    }
  }

  readonly fetch: FetchLike = async (url, init) => {
    const headers = new Headers(init?.headers);
    if (init?.method === "GET" && !headers.has("last-event-id")) return new Response(null, { status: 405 });
    const call = this.#calls.get(headers.get(CALL_HEADER) ?? "");
    headers.delete(CALL_HEADER);
    const signals = [init?.signal, call?.signal].filter((signal) => signal !== undefined && signal !== null);
    const request = new Request(url, { ...init, headers, redirect: "manual", signal: AbortSignal.any(signals) });
    return this.#guard(await this.#send(request), call);
  };

  async #send(request: Request): Promise<Response> {
    try {
      return await this.#fetch(request);
    } catch (cause) {
      if (!(cause instanceof EgressRefusedError)) throw cause;
      throw new McpFault({ kind: "refused", rule: cause.rule, reason: cause.message });
    }
  }

  async #guard(response: Response, call: GuardedCall | undefined): Promise<Response> {
    const type = response.headers.get("content-type") ?? "";
    const headers = new Headers(response.headers);
    if (response.ok && /^text\/event-stream\b/i.test(type) && response.body) {
      const limits = { maxBytes: this.#maxBytes, idleMs: MAX_SILENCE_MS };
      const body = guardEventStream(response.body, limits, this.#timers, (exchange) => call?.onLost(exchange));
      return new Response(body, { status: response.status, headers });
    }
    const text = await readBoundedText(response, this.#maxBytes);
    if (text === undefined) throw new McpFault({ kind: "too_large", limitBytes: this.#maxBytes });
    const after = retryAfterMs(response.headers);
    if (!response.ok && after !== undefined) {
      const reason = `HTTP ${response.status}: ${text.trim().slice(0, 200)}`;
      throw new McpFault({ kind: "broken", reason, retryAfterMs: after });
    }
    if (response.ok && /^application\/json\b/i.test(type)) {
      const parsed = parseJson(text);
      if (parsed.kind === "invalid")
        throw new McpFault({ kind: "broken", reason: `the answer is not JSON: ${parsed.message}` });
    }
    // They speak of the body as it was sent.
    headers.delete("content-encoding");
    headers.delete("content-length");
    const hasBody = text !== "" && ![204, 205, 304].includes(response.status);
    return new Response(hasBody ? text : null, { status: response.status, headers });
  }
}
