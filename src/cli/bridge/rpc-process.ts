/**
 * JSON-RPC with one life of a bridged program. Owns the ids of our requests and who waits for their answers; requests and
 * notifications of the program go to its `peer`. When the program ends, everybody who waits is answered with an error.
 */
import type { Json } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import type { BridgedProgram } from "./bridged-program.ts";
import { RPC_CODES, type RpcAnswer, type RpcId, type RpcMessage, readRpcMessage, rpcError } from "./rpc-message.ts";
import { RunningProcess } from "./running-process.ts";

/** What the program says of itself. */
export interface RpcPeer {
  readonly onRequest: (request: Extract<RpcMessage, { kind: "request" }>, process: RpcProcess) => void;
  readonly onNotification: (notification: Extract<RpcMessage, { kind: "notification" }>) => void;
  readonly onLog: (line: string) => void;
  /** A line on its standard output that is no message. */
  readonly onGarbage: (line: string) => void;
  readonly onEnd: (reason: string) => void;
}

const KEPT_LOG_LINES = 10;
const KEPT_LINE_LENGTH = 300;

export class RpcProcess {
  readonly #process: RunningProcess;
  readonly #program: BridgedProgram;
  readonly #peer: RpcPeer;
  readonly #waiting = new Map<RpcId, (answer: RpcAnswer) => void>();
  readonly #log: string[] = [];
  #lastId = 0;
  #end: string | undefined;

  constructor(program: BridgedProgram, peer: RpcPeer) {
    this.#program = program;
    this.#peer = peer;
    this.#process = new RunningProcess(program, {
      onLine: (line) => this.#receive(line),
      onLog: (line) => {
        this.#keep(line);
        peer.onLog(line);
      },
      onEnd: (reason) => this.#ended(reason),
    });
  }

  /** Why it is gone; `undefined` while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Sends a request under an id of ours; `parameters` gets to know it. The answer always comes. */
  request(
    method: string,
    parameters: Json | ((id: number) => Json),
  ): { readonly id: number; readonly answer: Promise<RpcAnswer> } {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise: answer, resolve } = Promise.withResolvers<RpcAnswer>();
    if (this.#end === undefined) {
      this.#waiting.set(id, resolve);
      const params = typeof parameters === "function" ? parameters(id) : parameters;
      this.#process.send({ jsonrpc: "2.0", id, method, params });
    } else {
      resolve(this.#lost());
    }
    return { id, answer };
  }

  notify(method: string, params: Json): void {
    this.#process.send({ jsonrpc: "2.0", method, params });
  }

  answer(id: RpcId, answer: RpcAnswer): void {
    this.#process.send({ jsonrpc: "2.0", id, ...answer });
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** What it wrote last to its log, or to its standard output by mistake. */
  lastWords(): string {
    return this.#log.length === 0 ? "" : `; it wrote: ${this.#log.join(" | ")}`;
  }

  #receive(line: string): void {
    const parsed = parseJson(line);
    const message = readRpcMessage(parsed.kind === "json" ? parsed.json : looselyParsed(line));
    switch (message?.kind) {
      case undefined:
        this.#keep(line);
        this.#peer.onGarbage(line);
        return;
      case "request":
        return this.#peer.onRequest(message, this);
      case "notification":
        return this.#peer.onNotification(message);
      case "answer": {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        const why = parsed.kind === "invalid" ? parsed.message : undefined;
        return waiting?.(
          why === undefined ? message.answer : rpcError(RPC_CODES.internal, `its answer cannot be taken: ${why}`),
        );
      }
    }
  }

  #keep(line: string): void {
    this.#log.push(line.slice(0, KEPT_LINE_LENGTH));
    if (this.#log.length > KEPT_LOG_LINES) this.#log.shift();
  }

  #ended(reason: string): void {
    this.#end = reason;
    const answer = this.#lost();
    for (const waiting of this.#waiting.values()) waiting(answer);
    this.#waiting.clear();
    this.#peer.onEnd(reason);
  }

  #lost(): RpcAnswer {
    const { command, plugin } = this.#program;
    return rpcError(
      RPC_CODES.lost,
      `the program "${command}" of the plugin "${plugin}" ${this.#end ?? "is gone"}${this.lastWords()}`,
    );
  }
}

/** Who waits for an answer that is JSON, but not such as can be taken over exactly, is to hear of it. */
function looselyParsed(line: string): Json {
  try {
    const json: Json = JSON.parse(line);
    return json;
  } catch {
    return null;
  }
}
