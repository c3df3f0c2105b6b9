/**
 * The HTTP face of all bridges, on 127.0.0.1. Owns the listening socket; each bridge has a path that holds a secret, so that no
 * other program or page on this machine can call a worker by guessing a port.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parseJson } from "../../protocol/parse-json.ts";
import type { Bridge, Reply, ReplyStream } from "./bridge.ts";
import { readRpcMessage } from "./rpc-message.ts";

const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** A program may think for long; its silence is not the connection's. */
const KEEP_ALIVE_MS = 20_000;

export class BridgeServer {
  readonly #server: Server;
  readonly #bridges = new Map<string, Bridge>();
  readonly #secret = randomBytes(16).toString("hex");
  #origin = "";

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(error instanceof Error ? error.message : String(error));
      });
    });
    // Calls take as long as they take; the orchestrator has their deadlines.
    this.#server.requestTimeout = 0;
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ port: 0, host: "127.0.0.1" }, resolve);
    await promise;
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.#origin = `http://127.0.0.1:${address.port}`;
  }

  /** Gives the bridge its URL. */
  add(name: string, bridge: Bridge): string {
    const path = `/${this.#secret}/${encodeURIComponent(name)}`;
    this.#bridges.set(path, bridge);
    return `${this.#origin}${path}`;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bridge = this.#bridges.get(request.url ?? "");
    if (!bridge) return void response.writeHead(404).end();
    if (request.method === "DELETE") return void response.writeHead(204).end();
    if (request.method !== "POST") return void response.writeHead(405, { allow: "POST, DELETE" }).end();
    const text = await readBody(request);
    if (text === undefined) return void response.writeHead(413).end();
    const parsed = parseJson(text);
    const message = parsed.kind === "json" ? readRpcMessage(parsed.json) : undefined;
    const reply = replyTo(response);
    if (!message) return reply.refused(parsed.kind === "invalid" ? parsed.message : "the body is no JSON-RPC message");
    const key = request.headers["idempotency-key"];
    await bridge.receive(message, reply, typeof key === "string" ? key : undefined);
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function replyTo(response: ServerResponse): Reply {
  const json = (status: number, body: string): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
  return {
    json: (message) => json(200, JSON.stringify(message)),
    accepted: () => json(202, '""'),
    refused: (reason) => json(400, JSON.stringify({ error: { code: -32_600, message: reason } })),
    stream: () => openStream(response),
  };
}

function openStream(response: ServerResponse): ReplyStream {
  const hangUp = new AbortController();
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": started\n\n");
  const keepAlive = setInterval(() => response.write(": working\n\n"), KEEP_ALIVE_MS);
  keepAlive.unref();
  response.once("close", () => {
    clearInterval(keepAlive);
    if (!response.writableFinished) hangUp.abort();
  });
  return {
    send: (message) => void response.write(`data: ${JSON.stringify(message)}\n\n`),
    end: () => void response.end(),
    hungUp: hangUp.signal,
  };
}
