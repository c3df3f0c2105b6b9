/**
 * Serves a component worker that speaks over its standard input and output as one that speaks over HTTP, in the snake_case
 * dialect. Owns the executions in flight, each an event stream, and the requests that the worker has made meanwhile: they travel
 * on the stream of the oldest execution, which is the one a worker that works on one thing at a time is at.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Bridge, Reply, ReplyStream } from "./bridge.ts";
import type { BridgedProgram } from "./bridged-program.ts";
import { isObject, RPC_CODES, type RpcAnswer, type RpcId, type RpcMessage, rpcError } from "./rpc-message.ts";
import type { RpcProcess } from "./rpc-process.ts";
import { componentIdOf, componentInfo, openStdioWorker, type StdioDialect, workerNameOf } from "./stdio-dialect.ts";
import { type BridgeLog, type Opened, SupervisedProgram } from "./supervised-program.ts";

type Request = Extract<RpcMessage, { kind: "request" }>;

/** A request of the worker that is on its way to the orchestrator. */
interface WorkerCallback {
  readonly process: RpcProcess;
  readonly request: Request;
  /** The execution on whose stream it travels; not always the one it was made in. */
  carrier: ReplyStream;
}

/** One that lists more cannot have all of them asked for their schemas. */
const MAX_DESCRIBED = 256;

export class StdioWorkerBridge implements Bridge {
  readonly #program: SupervisedProgram<StdioDialect>;
  /** In the order in which they began. */
  readonly #executions = new Set<ReplyStream>();
  /** Who is told of a request's progress, and under which id. */
  readonly #progress = new Map<number, { readonly id: RpcId; readonly stream: ReplyStream }>();
  readonly #callbacks = new Map<string, WorkerCallback>();
  #lastCallback = 0;
  #mayProbe = true;

  constructor(program: BridgedProgram, log: BridgeLog) {
    this.#program = new SupervisedProgram({
      program,
      log,
      peer: {
        onRequest: (request, process) => this.#callBack(request, process),
        onNotification: (told) => this.#passProgress(told),
      },
      handshake: async (process) => {
        const opened = await openStdioWorker(process, program.plugin, this.#mayProbe);
        if (process.end !== undefined) this.#mayProbe = false;
        return process.end === undefined ? opened : process.end;
      },
    });
  }

  async warmUp(): Promise<void> {
    await this.#open();
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  async receive(message: RpcMessage, reply: Reply, idempotencyKey: string | undefined): Promise<void> {
    switch (message.kind) {
      case "notification":
        return reply.accepted();
      case "answer":
        return this.#passAnswer(message, reply);
      case "request":
        if (message.method === "components/execute") return this.#execute(message, reply.stream(), idempotencyKey);
        return reply.json({ jsonrpc: "2.0", id: message.id, ...(await this.#answer(message)) });
    }
  }

  async #answer({ method, params }: Request): Promise<RpcAnswer> {
    // The worker's own handshake is the bridge's; it may take longer than a caller waits.
    if (method === "initialize") return { result: { server_protocol_version: 1 } };
    const opened = await this.#open();
    if (opened.kind === "failed") return opened.answer;
    const { process, session } = opened;
    if (session.kind === "slashes") return process.request(method, params).answer;
    switch (method) {
      case "components/list":
        return { result: { components: await describeAll(process, session.names) } };
      case "components/info": {
        const component = componentOf(params);
        return { result: { info: await describe(process, workerNameOf(component, session.names)) } };
      }
      default:
        return rpcError(RPC_CODES.methodNotFound, `a worker of this dialect does not serve '${method}'`);
    }
  }

  async #execute({ id, method, params }: Request, stream: ReplyStream, key: string | undefined): Promise<void> {
    const opened = await this.#open();
    let answer: RpcAnswer;
    if (opened.kind === "failed") {
      answer = opened.answer;
    } else {
      const { process, session } = opened;
      const isOurs = session.kind === "slashes" && session.isOurs;
      const request =
        session.kind === "slashes"
          ? process.request(method, isOurs ? withIdempotencyKey(params, key) : params)
          : process.request("component_execute", oldParams(params, session.names));
      const giveUp = (): void => {
        if (isOurs) process.notify("components/cancel", { id: request.id });
        this.#moveCallbacks(stream);
      };
      stream.hungUp.addEventListener("abort", giveUp);
      this.#executions.add(stream);
      this.#progress.set(request.id, { id, stream });
      answer = await request.answer;
      if (this.#progress.get(request.id)?.stream === stream) this.#progress.delete(request.id);
      this.#executions.delete(stream);
      stream.hungUp.removeEventListener("abort", giveUp);
      if (this.#executions.size === 0) this.#refuseCallbacks();
    }
    stream.send({ jsonrpc: "2.0", id, ...answer });
    stream.end();
  }

  #passProgress({ method, params }: Extract<RpcMessage, { kind: "notification" }>): void {
    if (method !== "components/progress" || !isObject(params)) return;
    const known = typeof params["id"] === "number" ? this.#progress.get(params["id"]) : undefined;
    known?.stream.send({ jsonrpc: "2.0", method, params: { ...params, id: known.id } });
  }

  /** A worker that dies of the question which methods it has is started once more and not asked. */
  async #open(): Promise<Opened<StdioDialect>> {
    const couldProbe = this.#mayProbe;
    const opened = await this.#program.open();
    return opened.kind === "failed" && couldProbe && !this.#mayProbe ? this.#program.open() : opened;
  }

  #callBack(request: Request, process: RpcProcess): void {
    const carrier = this.#carrier();
    if (!carrier) {
      const why = `'${request.method}' can only be asked while a component executes`;
      return process.answer(request.id, rpcError(RPC_CODES.methodNotFound, why));
    }
    this.#lastCallback += 1;
    const id = `callback-${this.#lastCallback}`;
    this.#callbacks.set(id, { process, request, carrier });
    send(carrier, id, request);
  }

  #carrier(): ReplyStream | undefined {
    return [...this.#executions].find(({ hungUp }) => !hungUp.aborted);
  }

  /** The orchestrator has given up an execution: what another one may have asked is asked again on its stream. */
  #moveCallbacks(from: ReplyStream): void {
    const carrier = this.#carrier();
    if (!carrier) return this.#refuseCallbacks();
    for (const [id, callback] of this.#callbacks) {
      if (callback.carrier !== from) continue;
      callback.carrier = carrier;
      send(carrier, id, callback.request);
    }
  }

  /** Nobody will answer any more: whoever waits in the worker is to hear it. */
  #refuseCallbacks(): void {
    for (const { process, request } of this.#callbacks.values())
      process.answer(request.id, rpcError(RPC_CODES.internal, "the execution is over"));
    this.#callbacks.clear();
  }

  #passAnswer({ id, answer }: Extract<RpcMessage, { kind: "answer" }>, reply: Reply): void {
    const waiting = this.#callbacks.get(String(id));
    if (!waiting) return reply.refused(`nobody waits for an answer with the id ${JSON.stringify(id)}`);
    this.#callbacks.delete(String(id));
    waiting.process.answer(waiting.request.id, answer);
    reply.accepted();
  }
}

function send(stream: ReplyStream, id: string, { method, params }: Request): void {
  stream.send({ jsonrpc: "2.0", id, method, params });
}

async function describeAll(process: RpcProcess, names: readonly string[]): Promise<JsonObject[]> {
  const described = names.slice(0, MAX_DESCRIBED).map((name) => describe(process, name));
  const others = names.slice(MAX_DESCRIBED).map((name) => ({ component: componentIdOf(name) }));
  return [...(await Promise.all(described)), ...others];
}

async function describe(process: RpcProcess, name: string): Promise<JsonObject> {
  return componentInfo(componentIdOf(name), await process.request("component_info", { component: name }).answer);
}

function withIdempotencyKey(params: Json, key: string | undefined): Json {
  return key === undefined || !isObject(params) ? params : { ...params, idempotencyKey: key };
}

function oldParams(params: Json, names: readonly string[]): JsonObject {
  const given = isObject(params) ? params : {};
  return { component: workerNameOf(componentOf(params), names), input: given["input"] ?? null };
}

function componentOf(params: Json): string {
  const component = isObject(params) ? params["component"] : undefined;
  return typeof component === "string" ? component : "";
}
