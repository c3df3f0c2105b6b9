/**
 * Plays a recorded conversation as the worker's side of it, over real HTTP. It is as strict as the workers that were recorded:
 * what they refuse with a 400, it refuses, and then, as they do, never goes on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";

/** What the worker does after `components/execute` has come: one HTTP answer, or an event stream. */
export type Reply =
  | { readonly kind: "plain"; readonly status?: number; readonly body: string }
  | {
      readonly kind: "stream";
      /** In order: an event that it sends, or an answer that it waits for, with what must be in it. */
      readonly steps: readonly StreamStep[];
      /** The connection is dropped after the last event, without the final chunk. */
      readonly drops: boolean;
    };
export type StreamStep =
  | { readonly kind: "event"; readonly data: string }
  | { readonly kind: "answer"; readonly id: string; readonly result: Json };

export interface Conversation {
  readonly title: string;
  readonly initialize: string;
  /** What must be in the request's params; absent: only a list is asked for. */
  readonly execute?: { readonly params: JsonObject; readonly reply: Reply };
  readonly list?: string;
}

/** `{{id}}` in a recorded text stands for the id of the request that is answered. */
const ID = "{{id}}";
const EMPTY = '""';

export class RecordedWorker {
  /** What came, and what was wrong with it: empty when all was as recorded. */
  readonly faults: string[] = [];
  readonly methods: string[] = [];
  executeParams: Json = null;
  readonly answers = new Map<string, Json>();
  readonly #conversation: Conversation;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #waiting = new Map<string, (result: Json) => void>();

  private constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  static async start(conversation: Conversation): Promise<RecordedWorker> {
    const worker = new RecordedWorker(conversation);
    await new Promise<void>((resolve) => worker.#server.listen(0, "127.0.0.1", resolve));
    return worker;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const accept = request.headers.accept ?? "";
    if (!accept.includes("application/json") || !accept.includes("text/event-stream")) {
      return this.#refuse(response, 406, "Accept header must include application/json and text/event-stream");
    }
    if (!request.headers["content-type"]?.includes("application/json"))
      return this.#refuse(response, 415, "Content-Type must be application/json");
    const message = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
    if (typeof message["method"] !== "string") return this.#takeAnswer(message, request, response);
    this.methods.push(message["method"]);
    if (message["params"] === undefined) return this.#refuse(response, 400, "Object missing required field `params`");
    const { initialize, list, execute } = this.#conversation;
    switch (message["method"]) {
      case "initialize":
        return send(response, 200, initialize, message);
      case "initialized":
        return send(response, 202, EMPTY, message);
      case "components/list":
        return send(response, 200, list ?? "", message);
      case "components/execute":
        this.executeParams = message["params"];
        if (!execute) return this.#refuse(response, 400, "nothing was executed in this conversation");
        return execute.reply.kind === "plain"
          ? send(response, execute.reply.status ?? 200, execute.reply.body, message)
          : this.#stream(response, execute.reply, message);
      default:
        return this.#refuse(response, 400, `Invalid enum value '${message["method"]}' - at \`$.method\``);
    }
  }

  async #stream(
    response: ServerResponse,
    reply: Extract<Reply, { kind: "stream" }>,
    message: JsonObject,
  ): Promise<void> {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "stepflow-instance-id": "c6fa64b8db89421c",
    });
    for (const step of reply.steps) {
      if (step.kind === "answer") {
        this.answers.set(step.id, await new Promise<Json>((resolve) => this.#waiting.set(step.id, resolve)));
      } else {
        await new Promise((resolve) => response.write(`data: ${withId(step.data, message)}\n\n`, resolve));
      }
    }
    if (reply.drops) response.destroy();
    else response.end();
  }

  /** The decoders of these workers take an answer apart as strictly as this. */
  #takeAnswer(message: JsonObject, request: IncomingMessage, response: ServerResponse): void {
    const waiting = typeof message["id"] === "string" ? this.#waiting.get(message["id"]) : undefined;
    if (!waiting)
      return this.#refuse(response, 400, `Response with id ${JSON.stringify(message["id"])} has no pending request`);
    const { result } = message;
    if (message["error"] === null) return this.#refuse(response, 400, "Expected `object`, got `null` - at `$.error`");
    if (result === undefined || result === null) return this.#refuse(response, 400, "no result");
    if (!isRunStatus(result)) return this.#refuse(response, 400, `not a RunStatus: ${JSON.stringify(result)}`);
    if (request.headers["stepflow-instance-id"] !== "c6fa64b8db89421c") this.faults.push("the instance is not named");
    send(response, 202, EMPTY, message);
    waiting(result);
  }

  #refuse(response: ServerResponse, status: number, message: string): void {
    this.faults.push(message);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code: -32_600, message } }));
  }
}

/** A `runs/*` result must have its five counters, and no nulls where a decoder expects a list. Other results pass. */
function isRunStatus(result: Json): boolean {
  if (typeof result !== "object" || result === null || Array.isArray(result) || !("runId" in result)) return true;
  const { flowId, status, items, createdAt, results } = result;
  const counters = ["total", "completed", "running", "failed", "cancelled"];
  return (
    typeof flowId === "string" &&
    ["running", "completed", "failed", "cancelled", "paused", "recoveryFailed"].some((name) => name === status) &&
    typeof items === "object" &&
    items !== null &&
    counters.every((name) => typeof (items as JsonObject)[name] === "number") &&
    typeof createdAt === "string" &&
    (results === undefined || Array.isArray(results))
  );
}

function send(response: ServerResponse, status: number, body: string, message: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json" }).end(withId(body, message));
}

function withId(text: string, message: JsonObject): string {
  return text.replaceAll(`"${ID}"`, JSON.stringify(message["id"] ?? null));
}
