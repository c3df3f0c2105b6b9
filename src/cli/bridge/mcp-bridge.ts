/**
 * Serves an MCP server that speaks over its standard input and output as one that speaks Streamable HTTP. The handshake is the
 * bridge's: clients come and go, and each is given the answer that the program gave once. Owns which of the program's request
 * ids and progress tokens belongs to which client's.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import { VERSION } from "../../protocol/version.ts";
import type { Bridge, Reply, ReplyStream } from "./bridge.ts";
import type { BridgedProgram } from "./bridged-program.ts";
import { isObject, RPC_CODES, type RpcId, type RpcMessage, rpcError } from "./rpc-message.ts";
import type { RpcProcess } from "./rpc-process.ts";
import { type BridgeLog, SupervisedProgram } from "./supervised-program.ts";

type Request = Extract<RpcMessage, { kind: "request" }>;
type Notification = Extract<RpcMessage, { kind: "notification" }>;

/** Of the last generation that begins with `initialize`; servers answer with the one they speak. */
const PROTOCOL_VERSION = "2025-11-25";

export class McpBridge implements Bridge {
  readonly #program: SupervisedProgram<Json>;
  /** By the id under which the program knows the request; ids of a dead process are not used any more. */
  readonly #progress = new Map<number, { readonly token: Json; readonly stream: ReplyStream }>();

  constructor(program: BridgedProgram, log: BridgeLog) {
    this.#program = new SupervisedProgram({
      program,
      log,
      peer: {
        onRequest: (request, process) => process.answer(request.id, answerTo(request)),
        onNotification: (notification) => this.#passProgress(notification),
      },
      handshake: initialize,
    });
  }

  async warmUp(): Promise<void> {
    await this.#program.open();
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  async receive(message: RpcMessage, reply: Reply): Promise<void> {
    // Which of a client's requests a notification is about is known by its connection: see `#forward`.
    if (message.kind !== "request") return reply.accepted();
    const { id, method } = message;
    // The program has been spoken to in the older generation of the protocol.
    if (method === "server/discover")
      return reply.json({
        jsonrpc: "2.0",
        id,
        ...rpcError(RPC_CODES.methodNotFound, "this server begins with initialize"),
      });
    if (method === "initialize") {
      const opened = await this.#program.open();
      return reply.json({
        jsonrpc: "2.0",
        id,
        ...(opened.kind === "open" ? { result: opened.session } : opened.answer),
      });
    }
    return this.#forward(message, reply.stream());
  }

  async #forward({ id, method, params }: Request, stream: ReplyStream): Promise<void> {
    const finish = (answer: object): void => {
      stream.send({ jsonrpc: "2.0", id, ...answer });
      stream.end();
    };
    const opened = await this.#program.open();
    if (opened.kind === "failed") return finish(opened.answer);
    if (stream.hungUp.aborted) return;
    const token = progressToken(params);
    const request = opened.process.request(method, (own) =>
      withProgressToken(params, token === undefined ? undefined : own),
    );
    const tellCancelled = (): void =>
      opened.process.notify("notifications/cancelled", {
        requestId: request.id,
        reason: "the caller does not wait any more",
      });
    stream.hungUp.addEventListener("abort", tellCancelled);
    if (token !== undefined) this.#progress.set(request.id, { token, stream });
    const answer = await request.answer;
    stream.hungUp.removeEventListener("abort", tellCancelled);
    if (this.#progress.get(request.id)?.stream === stream) this.#progress.delete(request.id);
    finish(answer);
  }

  #passProgress({ method, params }: Notification): void {
    if (method !== "notifications/progress" || !isObject(params)) return;
    const known = typeof params["progressToken"] === "number" ? this.#progress.get(params["progressToken"]) : undefined;
    known?.stream.send({ jsonrpc: "2.0", method, params: { ...params, progressToken: known.token } });
  }
}

async function initialize(process: RpcProcess): Promise<{ readonly session: Json } | string> {
  const { answer } = process.request("initialize", {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: "stepflow-edge", version: VERSION },
  });
  const initialized = await answer;
  if ("error" in initialized) return `refused to initialize: ${describe(initialized.error)}`;
  process.notify("notifications/initialized", {});
  return { session: initialized.result };
}

/** A server asks its client for what we have not: no roots, no model, nobody to ask. */
function answerTo({ method }: Request) {
  switch (method) {
    case "ping":
      return { result: {} };
    case "roots/list":
      return { result: { roots: [] } };
    default:
      return rpcError(RPC_CODES.methodNotFound, `this client does not serve '${method}'`);
  }
}

function progressToken(params: Json): RpcId | undefined {
  const meta = isObject(params) ? params["_meta"] : undefined;
  const token = isObject(meta) ? meta["progressToken"] : undefined;
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}

function withProgressToken(params: Json, token: number | undefined): Json {
  if (token === undefined || !isObject(params)) return params;
  const meta: JsonObject = isObject(params["_meta"]) ? params["_meta"] : {};
  return { ...params, _meta: { ...meta, progressToken: token } };
}

function describe(error: Json): string {
  return isObject(error) && typeof error["message"] === "string" ? error["message"] : JSON.stringify(error);
}
