import type { JsonObject } from "../../protocol/json.ts";
import type { Timers } from "../deadline.ts";
import { MAX_VALUE_BYTES } from "./blob-threshold.ts";
import type { Exchange } from "./exchange.ts";
import type { WorkerConnection } from "./worker-connection.ts";

/** What a worker said of itself: `d3` is the camelCase protocol of 0.10–0.11, `d1_d2` the snake_case one before it. */
export interface WorkerSession {
  readonly dialect: "d3" | "d1_d2";
  readonly supportsBlobRefs: boolean;
  /** What it was told: where it reaches our blobs. */
  readonly blobApiUrl: string | undefined;
}

/** Sessions of an isolate, by worker. Values only: a promise must not be awaited from another object's request. */
export type SessionCache = Map<string, WorkerSession>;

const HANDSHAKE_MS = 30_000;

export type Opened = { readonly kind: "open"; readonly session: WorkerSession } | Exclude<Exchange, { kind: "result" }>;

/** Sends `initialize` once per isolate and worker, and again after `forget` or when the blob URL is another one. */
export class WorkerSessions {
  readonly #connection: WorkerConnection;
  readonly #cache: SessionCache;
  readonly #worker: string;
  readonly #plugin: string;
  readonly #timers: Timers;
  readonly #blobApiUrl: () => string | undefined;
  #opening: Promise<Opened> | undefined;

  constructor(options: {
    readonly connection: WorkerConnection;
    readonly cache: SessionCache;
    /** Names the worker within the isolate. */
    readonly worker: string;
    readonly plugin: string;
    readonly timers: Timers;
    readonly blobApiUrl?: () => string;
  }) {
    this.#connection = options.connection;
    this.#cache = options.cache;
    this.#plugin = options.plugin;
    this.#timers = options.timers;
    this.#blobApiUrl = () => options.blobApiUrl?.();
    this.#worker = options.worker;
  }

  /** Calls that start together share one handshake; a later one that finds it failed tries again. */
  async open(): Promise<Opened> {
    const session = this.#cache.get(this.#worker);
    // A worker knows one blob URL for all its callers: whoever calls it next tells it theirs.
    if (session && session.blobApiUrl === this.#blobApiUrl()) return { kind: "open", session };
    this.#opening ??= this.#handshake().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  forget(): void {
    this.#cache.delete(this.#worker);
  }

  /** Bound by a time of its own: several attempts wait for it, and each has its own deadline. */
  async #handshake(): Promise<Opened> {
    const controller = new AbortController();
    const stopTimer = this.#timers.after(HANDSHAKE_MS, () => controller.abort());
    try {
      return await this.#initialize(controller.signal);
    } catch (cause) {
      if (!controller.signal.aborted) throw cause;
      return { kind: "broken", reason: `no answer to initialize within ${HANDSHAKE_MS / 1000} s` };
    } finally {
      stopTimer();
    }
  }

  async #initialize(signal: AbortSignal): Promise<Opened> {
    const blobApiUrl = this.#blobApiUrl();
    const params = {
      // Each dialect reads its own spelling and passes over the other.
      runtimeProtocolVersion: 1,
      runtime_protocol_version: 1,
      protocol_prefix: this.#plugin,
      capabilities: capabilitiesOf(blobApiUrl),
    };
    const answer = await this.#connection.call({ id: "initialize", method: "initialize", params }, signal);
    if (answer.kind !== "result") return answer;
    await this.#connection.notify("initialized", {}, signal);
    const session = readSession(answer.result, blobApiUrl);
    this.#cache.set(this.#worker, session);
    return { kind: "open", session };
  }
}

/** What a worker is told of us. */
export function capabilitiesOf(blobApiUrl: string | undefined): JsonObject {
  return blobApiUrl === undefined ? {} : { blobApiUrl, blobThreshold: MAX_VALUE_BYTES };
}

function readSession(result: unknown, blobApiUrl: string | undefined): WorkerSession {
  const members: JsonObject =
    typeof result === "object" && result !== null && !Array.isArray(result) ? { ...result } : {};
  return {
    dialect: members["serverProtocolVersion"] === undefined ? "d1_d2" : "d3",
    supportsBlobRefs: members["supportsBlobRefs"] === true,
    blobApiUrl,
  };
}
