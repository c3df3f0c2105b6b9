import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";

export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  readonly message: JsonObject & { readonly method?: string; readonly params?: JsonObject };
}
/** Answers one message of a kind: a JSON-RPC result, or whatever it writes itself (then it gives `undefined`). */
export type Answer = (response: ServerResponse, seen: SeenRequest) => Json | undefined | void;

/** A JSON-RPC worker over real HTTP whose answers a test sets per method. */
export class HttpWorker {
  readonly seen: SeenRequest[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #arrivals: { method: string; resolve: () => void }[] = [];
  answers: Record<string, Answer> = {};

  /** A D3 worker unless told otherwise. */
  static async start(answers: Record<string, Answer> = {}): Promise<HttpWorker> {
    const worker = new HttpWorker();
    worker.answers = {
      initialize: () => ({ serverProtocolVersion: 1, supportsBlobRefs: true }),
      initialized: (response) => void response.writeHead(202).end('""'),
      answer: (response) => void response.writeHead(202).end('""'),
      ...answers,
    };
    await new Promise<void>((resolve) => worker.#server.listen(0, "127.0.0.1", resolve));
    return worker;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  methods(): string[] {
    return this.seen.map(({ message }) => message.method ?? "answer");
  }

  last(method: string): SeenRequest {
    const found = this.seen.findLast(({ message }) => (message.method ?? "answer") === method);
    if (!found) throw new Error(`no ${method} came, only ${this.methods().join(", ")}`);
    return found;
  }

  /** Resolves when the next message of this method has come. */
  arrival(method: string): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push({ method, resolve }));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const seen: SeenRequest = { headers: request.headers, text, message: JSON.parse(text) };
    this.seen.push(seen);
    const method = seen.message.method ?? "answer";
    for (const arrival of this.#arrivals.filter((waiting) => waiting.method === method)) arrival.resolve();
    const result = this.answers[method]?.(response, seen);
    if (result !== undefined) sendJson(response, { jsonrpc: "2.0", id: seen.message["id"] ?? null, result });
  }
}

export function sendJson(response: ServerResponse, body: Json, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Opens an event stream as the Python workers do. */
export function openStream(response: ServerResponse): (message: Json) => void {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "stepflow-instance-id": "370b7f4af0bf4454",
  });
  return (message) => void response.write(`data: ${JSON.stringify(message)}\n\n`);
}
