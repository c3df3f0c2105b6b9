/**
 * The worker protocol over HTTP: `POST /` takes one JSON-RPC message, `GET /health` tells that the worker is there. One handler
 * for Cloudflare Workers, Bun, Deno and Node. Owns the instance id, made at the first request since a Cloudflare Worker may draw
 * no random numbers before it.
 * An execution that is done within `streamAfterMs`, and has nothing to ask, is answered as plain JSON; any other as an event
 * stream whose headers leave at once, so that the caller's connection does not count as waiting. When the caller goes, the
 * execution's signal aborts.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { RPC_CODES } from "../component-error.ts";
import { errorMessage, parseMessage, type RpcId, type RpcMessage, type RpcRequest } from "../protocol/json-rpc.ts";
import type { Answer, WorkerProtocol } from "../protocol/worker-protocol.ts";
import { EventReply } from "./event-reply.ts";
import { readBody } from "./read-body.ts";
import { SignatureCheck } from "./signature-check.ts";

export interface HttpOptions {
  /** What `/health` answers as `service`. */
  readonly name: string;
  /** Where the endpoint is mounted, without a slash at its end. Default: the root. */
  readonly basePath?: string;
  /** How long a plain JSON answer may take before the answer becomes a stream. Default 20. */
  readonly streamAfterMs?: number;
  /** Between two comments of a stream. Default 10,000. */
  readonly keepAliveMs?: number;
  /** Of a request body. Default 16 MiB: the largest value an orchestrator sends (8 MiB), escaped, in its envelope. */
  readonly maxBodyBytes?: number;
  /** `whsec_…`, as the plugin's `signingSecret` in the orchestrator's configuration: messages that it did not sign get a 401. */
  readonly signingSecret?: string;
}

/** What Cloudflare Workers hand a request besides: without it an invocation ends with its caller, clean-up included. */
export interface Host {
  waitUntil?(work: Promise<unknown>): void;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export class HttpEndpoint {
  readonly #protocol: WorkerProtocol;
  readonly #options: HttpOptions;
  readonly #signatures: SignatureCheck | undefined;
  #madeInstanceId: string | undefined;

  /** Throws for a signing secret of another form. */
  constructor(protocol: WorkerProtocol, options: HttpOptions) {
    this.#protocol = protocol;
    this.#options = options;
    const { signingSecret } = options;
    this.#signatures = signingSecret === undefined ? undefined : new SignatureCheck(signingSecret, Date.now);
  }

  /** Whatever goes wrong is an HTTP or JSON-RPC error; rejects only when the caller goes in the middle of its request. */
  async fetch(request: Request, host: Host = {}): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { basePath = "" } = this.#options;
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : undefined;
    switch (path) {
      case "":
      case "/":
        return request.method === "POST" ? this.#post(request, host) : notAllowed("POST");
      case "/health":
        return request.method === "GET" || request.method === "HEAD" ? this.#health() : notAllowed("GET, HEAD");
      default:
        return json(404, {
          error: `There is no ${pathname} here: POST ${basePath}/ takes JSON-RPC messages, GET ${basePath}/health tells the state`,
        });
    }
  }

  get #instanceId(): string {
    this.#madeInstanceId ??= crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    return this.#madeInstanceId;
  }

  #health(): Response {
    return json(200, {
      status: "healthy",
      instanceId: this.#instanceId,
      timestamp: new Date().toISOString(),
      service: this.#options.name,
    });
  }

  async #post(request: Request, host: Host): Promise<Response> {
    if (!(request.headers.get("content-type") ?? "").includes("application/json"))
      return json(415, { error: "Content-Type must be application/json" });
    const { maxBodyBytes = MAX_BODY_BYTES } = this.#options;
    const body = await readBody(request, maxBodyBytes);
    switch (body.kind) {
      case "text": {
        const fault = await this.#signatures?.fault(request.headers, body.text);
        if (fault !== undefined) return json(401, { error: fault });
        return this.#receive(parseMessage(body.text), request, host);
      }
      case "too_large":
        return rpcError(413, null, RPC_CODES.invalidRequest, `The body is larger than ${maxBodyBytes} bytes`);
      case "not_utf8":
        return rpcError(400, null, RPC_CODES.parse, "The body is not UTF-8");
      default:
        return assertNever(body);
    }
  }

  async #receive(message: RpcMessage, request: Request, host: Host): Promise<Response> {
    switch (message.kind) {
      case "malformed":
        return json(400, errorMessage(message.id, message.error));
      case "notification":
        return json(202, "");
      case "result":
      case "error": {
        const { id } = message;
        return this.#protocol.settle(message)
          ? json(202, "")
          : rpcError(400, id, RPC_CODES.invalidRequest, `Response with id '${id}' has no pending request`);
      }
      case "request":
        return this.#call(message, request, host);
      default:
        return assertNever(message);
    }
  }

  async #call(message: RpcRequest, request: Request, host: Host): Promise<Response> {
    const gone = new AbortController();
    const leave = () => gone.abort(new Error("the caller has gone"));
    if (request.signal.aborted) leave();
    request.signal.addEventListener("abort", leave);
    const idempotencyKey = request.headers.get("idempotency-key");
    const reply = new EventReply();
    const streams = (request.headers.get("accept") ?? "").includes("text/event-stream");
    const answering = this.#protocol.answer(message, {
      signal: gone.signal,
      ...(streams ? { send: (event: JsonObject) => reply.send(event) } : {}),
      ...(idempotencyKey === null ? {} : { idempotencyKey }),
    });
    host.waitUntil?.(answering);
    const { streamAfterMs = 20, keepAliveMs = 10_000 } = this.#options;
    const early = streams ? await within(streamAfterMs, answering, reply.wanted) : await answering;
    if (early !== undefined) return json(early.malformed ? 400 : 200, early.message);
    const stream = reply.open(keepAliveMs, leave);
    // It never rejects; the stream ends with it.
    void answering.then((answer) => reply.end(answer.message));
    return new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "stepflow-instance-id": this.#instanceId,
      },
    });
  }
}

/** The answer, unless the time is over or the stream has been opened before. */
async function within(milliseconds: number, answering: Promise<Answer>, opened: Promise<void>) {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([answering, opened.then(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

function rpcError(status: number, id: RpcId | null, code: number, message: string): Response {
  return json(status, errorMessage(id, { code, message }));
}

function notAllowed(allow: string): Response {
  return json(405, { error: `Only ${allow} here` }, { allow });
}

function json(status: number, body: Json, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}
