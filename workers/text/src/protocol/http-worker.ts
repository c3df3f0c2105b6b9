/**
 * The worker protocol's HTTP side: `POST /` takes one JSON-RPC message, `GET /health` tells that the worker is there. The same
 * handler serves a Cloudflare Worker (by URL or service binding) and a plain Node server.
 * Owns the instance id, made at the first request since a Worker may draw no random numbers before it; nothing else is kept.
 */
import { assertNever } from "../assert-never.ts";
import type { Component } from "../component.ts";
import type { Json } from "../json.ts";
import { readBody } from "./body.ts";
import { errorMessage, parseMessage, RPC_ERROR, type RpcId, type RpcMessage, resultMessage } from "./json-rpc.ts";
import { Methods } from "./methods.ts";

/** Bytes of a request body: the largest value an orchestrator sends (8 MiB), escaped, with room for its envelope. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export class HttpWorker {
  private readonly methods: Methods;
  private readonly name: string;
  private instanceId: string | undefined;

  /** `name` is what `/health` answers as `service`. */
  constructor(name: string, components: readonly Component[]) {
    this.name = name;
    this.methods = new Methods(components);
  }

  /** Never rejects: whatever goes wrong is an HTTP or JSON-RPC error. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/":
        return request.method === "POST" ? this.post(request) : notAllowed("POST");
      case "/health":
        return request.method === "GET" || request.method === "HEAD" ? this.health() : notAllowed("GET, HEAD");
      default:
        return json(404, {
          error: `There is no ${pathname} here: POST / takes JSON-RPC messages, GET /health tells the state`,
        });
    }
  }

  private health(): Response {
    this.instanceId ??= crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    return json(200, {
      status: "healthy",
      instanceId: this.instanceId,
      timestamp: new Date().toISOString(),
      service: this.name,
    });
  }

  private async post(request: Request): Promise<Response> {
    const contentType = request.headers.get("content-type") ?? "";
    if (!contentType.includes("application/json")) return json(415, { error: "Content-Type must be application/json" });
    const accept = request.headers.get("accept") ?? "";
    if (!accept.includes("application/json") || !accept.includes("text/event-stream")) {
      return json(406, { error: "Accept header must include application/json and text/event-stream" });
    }
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body.kind === "text") return this.receive(parseMessage(body.text));
    return body.kind === "too_large"
      ? rpcError(413, null, RPC_ERROR.invalidRequest, `The body is larger than ${MAX_BODY_BYTES} bytes`)
      : rpcError(400, null, RPC_ERROR.parse, "The body is not UTF-8");
  }

  private receive(message: RpcMessage): Response | Promise<Response> {
    switch (message.kind) {
      case "malformed":
        return json(400, errorMessage(message.id, message.error));
      case "notification":
        return json(202, "");
      case "response": {
        const { id } = message;
        return rpcError(400, id, RPC_ERROR.invalidRequest, `Response with id '${id}' has no pending request`);
      }
      case "request":
        return this.call(message);
      default:
        return assertNever(message);
    }
  }

  private async call({ id, method, params }: Extract<RpcMessage, { kind: "request" }>): Promise<Response> {
    try {
      const answer = await this.methods.call(method, params);
      return answer.kind === "result"
        ? json(200, resultMessage(id, answer.result))
        : json(answer.malformed ? 400 : 200, errorMessage(id, answer.error));
    } catch (error) {
      // A component that throws is a bug in it: the orchestrator gets a failed step, the caller's connection an answer.
      const why = error instanceof Error ? error.message : String(error);
      return rpcError(200, id, RPC_ERROR.internal, `The component crashed: ${why}`);
    }
  }
}

function rpcError(
  status: number,
  id: RpcId,
  code: (typeof RPC_ERROR)[keyof typeof RPC_ERROR],
  message: string,
): Response {
  return json(status, errorMessage(id, { code, message }));
}

function notAllowed(allow: string): Response {
  return json(405, { error: `Only ${allow} here` }, { allow });
}

function json(status: number, body: Json, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}
