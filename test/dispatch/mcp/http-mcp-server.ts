import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";

export interface SeenMessage {
  /** `DELETE` and `GET` for requests of these kinds. */
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: JsonObject;
  readonly id: Json;
  /** Resolves when the client hangs up before the end. */
  readonly hungUp: Promise<void>;
}
/** A JSON-RPC result, or `undefined` when it has written something itself. */
type Answer = (seen: SeenMessage, response: ServerResponse) => Json | undefined | void;

/** An MCP server of the generation with sessions, over real HTTP, whose answers a test sets per method. */
export class HttpMcpServer {
  readonly seen: SeenMessage[] = [];
  answers: Record<string, Answer> = {};
  /** The session it knows; each `initialize` opens the next. `undefined`: it has none, and does not ask for one. */
  session: number | undefined = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #arrivals: { readonly method: string; readonly resolve: (seen: SeenMessage) => void }[] = [];

  static async start(answers: Record<string, Answer> = {}): Promise<HttpMcpServer> {
    const server = new HttpMcpServer();
    server.answers = {
      "tools/call": ({ params }) => ({ content: [{ type: "text", text: JSON.stringify(params["arguments"]) }] }),
      "tools/list": () => ({ tools: [{ name: "tool", inputSchema: { type: "object" } }] }),
      ...answers,
    };
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  methods(): string[] {
    return this.seen.map(({ method }) => method);
  }

  /** Resolves with the next message of this method. */
  arrival(method: string): Promise<SeenMessage> {
    return new Promise((resolve) => this.#arrivals.push({ method, resolve }));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message =
      request.method === "POST" ? JSON.parse(Buffer.concat(chunks).toString()) : { method: request.method };
    const seen: SeenMessage = {
      method: message.method,
      headers: request.headers,
      params: message.params ?? {},
      id: message.id ?? null,
      hungUp: new Promise((resolve) => response.once("close", () => !response.writableFinished && resolve())),
    };
    this.seen.push(seen);
    for (const { method, resolve } of this.#arrivals) if (method === seen.method) resolve(seen);
    if (seen.method === "DELETE") return void response.writeHead(204).end();
    if (seen.method === "initialize") {
      this.session = (this.session ?? 0) + 1;
      response.setHeader("mcp-session-id", `session-${this.session}`);
      const serverInfo = { name: "test", version: "1" };
      return sendResult(response, seen, { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo });
    }
    if (this.session !== undefined && request.headers["mcp-session-id"] !== `session-${this.session}`)
      return void response.writeHead(seen.method === "server/discover" ? 400 : 404).end("no such session");
    if (seen.id === null) return void response.writeHead(202).end();
    const result = this.answers[seen.method]?.(seen, response);
    if (result !== undefined) sendResult(response, seen, result);
  }
}

function sendResult(response: ServerResponse, { id }: SeenMessage, result: Json): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}

export function openStream(response: ServerResponse): (message: Json) => void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  return (message) => void response.write(`data: ${JSON.stringify(message)}\n\n`);
}
