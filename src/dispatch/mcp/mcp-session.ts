/**
 * The session with one MCP server. Owns the client library's `Client` and with it the ids of requests; opens it for the first
 * call, again when the server has forgotten it, and ends it when no call has needed it for a while. Which generation of the
 * protocol a server speaks is remembered per isolate; sessions themselves are not shared, because their request ids are counted.
 */
import type {
  Client,
  PriorDiscovery,
  RequestOptions,
  SdkHttpError,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { VERSION } from "../../protocol/version.ts";
import type { Timers } from "../deadline.ts";
import type { WorkerFetch } from "../http-jsonrpc/worker-connection.ts";
import { GuardedFetch } from "./guarded-fetch.ts";
import { type LostExchange, McpFault } from "./mcp-fault.ts";

/** By server URL: values only, as other objects' requests read them. */
export type McpGenerations = Map<string, PriorDiscovery>;

export interface McpServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: WorkerFetch;
  readonly timers: Timers;
  readonly generations: McpGenerations;
  readonly maxResponseBytes: number;
}

interface OpenSession {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

const HANDSHAKE_MS = 30_000;
/** A session kept open keeps an object awake; a new one costs two requests. */
const LINGER_MS = 10_000;
/** What timers can count at most: calls are bound by their attempts' deadlines. */
const UNBOUND_MS = 2 ** 31 - 1;

export class McpSession {
  readonly #server: McpServer;
  readonly #guard: GuardedFetch;
  #open: Promise<OpenSession> | undefined;
  #inUse = 0;
  #stopLinger = (): void => {};

  constructor(server: McpServer) {
    this.#server = server;
    this.#guard = new GuardedFetch({ fetch: server.fetch, timers: server.timers, maxBytes: server.maxResponseBytes });
  }

  /**
   * Runs `call` in the session, once more in a new one if the server has lost it. Throws what the library throws, `McpFault` for
   * an exchange that came to nothing, and whatever once `signal` has aborted.
   */
  async use<T>(signal: AbortSignal, call: (client: Client, options: RequestOptions) => Promise<T>): Promise<T> {
    this.#stopLinger();
    this.#inUse += 1;
    try {
      const opening = this.#ensureOpen();
      const session = await opening;
      try {
        return await this.#run(session, signal, call);
      } catch (error) {
        if (signal.aborted || !hasLostSession(error, session)) throw error;
        this.#server.generations.delete(this.#server.url);
        if (this.#open === opening) this.#open = undefined;
        await session.client.close();
        return await this.#run(await this.#ensureOpen(), signal, call);
      }
    } finally {
      this.#inUse -= 1;
      if (this.#inUse === 0 && this.#open)
        this.#stopLinger = this.#server.timers.after(LINGER_MS, () => void this.end());
    }
  }

  /** Tells the server that the session is over, unless a call needs it. Never fails. */
  async end(): Promise<void> {
    this.#stopLinger();
    if (this.#inUse > 0 || !this.#open) return;
    const opening = this.#open;
    this.#open = undefined;
    try {
      const { client, transport } = await opening;
      try {
        await transport.terminateSession();
      } finally {
        await client.close();
      }
    } catch {
      // The server ends it by itself, sooner or later.
    }
  }

  async #run<T>(
    { client }: OpenSession,
    signal: AbortSignal,
    call: (client: Client, options: RequestOptions) => Promise<T>,
  ): Promise<T> {
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const own = new AbortController();
    const onLost = (exchange: LostExchange): void => {
      reject(new McpFault(exchange));
      own.abort("the exchange came to nothing");
    };
    return this.#guard.during({ signal, onLost }, (headers) => {
      const options: RequestOptions = {
        signal: AbortSignal.any([signal, own.signal]),
        timeout: UNBOUND_MS,
        headers,
        // Asked for, so that a tool that reports progress is not silent.
        onprogress: () => {},
      };
      return Promise.race([call(client, options), lost]);
    });
  }

  /** Calls that start together share one handshake; a later one that finds it failed tries again. */
  #ensureOpen(): Promise<OpenSession> {
    const opening = (this.#open ??= this.#connect());
    opening.catch(() => {
      if (this.#open === opening) this.#open = undefined;
    });
    return opening;
  }

  async #connect(): Promise<OpenSession> {
    const { url, headers, generations } = this.#server;
    // Loaded when the first tool is called: its schemas cost every start of the Worker otherwise.
    const library = await import("@modelcontextprotocol/client");
    const client = new library.Client(
      { name: "stepflow-edge", version: VERSION },
      { versionNegotiation: { mode: "auto" } },
    );
    const transport = new library.StreamableHTTPClientTransport(new URL(url), {
      fetch: this.#guard.fetch,
      requestInit: { headers: { ...headers } },
    });
    const prior = generations.get(url);
    try {
      await client.connect(transport, { timeout: HANDSHAKE_MS, ...(prior && { prior }) });
    } catch (error) {
      // The server may be another than it was.
      generations.delete(url);
      throw error;
    }
    const discover = client.getDiscoverResult();
    generations.set(url, discover ? { kind: "modern", discover } : { kind: "legacy" });
    return { client, transport };
  }
}

/** 404 is the protocol's word for it; many servers say 400. Neither has begun the call. Without sessions it is the generation that is lost. */
function hasLostSession(error: unknown, { client, transport }: OpenSession): boolean {
  const status = httpStatus(error);
  const hasAny = transport.sessionId !== undefined || client.getProtocolEra() === "modern";
  return hasAny && (status === 404 || status === 400);
}

function httpStatus(error: unknown): number | undefined {
  const { status }: Partial<SdkHttpError> = error instanceof Error ? error : {};
  return typeof status === "number" ? status : undefined;
}
