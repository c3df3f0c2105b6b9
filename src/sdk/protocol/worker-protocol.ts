/**
 * Answers the messages of one worker, whatever carries them. Owns the session that `initialize` opened (the last one wins, as
 * in every worker of this protocol) and the requests of components that wait for an answer.
 * In: parsed messages. Out: one response per request; before it, through the caller's `send`, what the component asks and tells.
 * Nothing that a component or a message does makes it reject.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Component } from "../component.ts";
import { ComponentError, RPC_CODES, type RpcErrorObject, rpcErrorOf, SessionLost } from "../component-error.ts";
import { type LogEntry, logTo } from "../log-entry.ts";
import { hasReference, resolveReferences, storeLargeFields } from "./blob-references.ts";
import { Deadline } from "./deadline.ts";
import { type ExecuteParams, readExecuteParams } from "./execute-params.ts";
import { ExecutionContext } from "./execution-context.ts";
import { errorMessage, type RpcMessage, type RpcRequest, resultMessage } from "./json-rpc.ts";
import { PendingCallbacks } from "./pending-callbacks.ts";
import { handshake, readSession, type Session } from "./session.ts";

/** Who sent a request. */
export interface Caller {
  /** Carries a message to the caller beside the response; absent where the caller takes nothing but the response. */
  readonly send?: (message: JsonObject) => void;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  readonly idempotencyKey?: string;
}

export interface Answer {
  /** A JSON-RPC response. */
  readonly message: JsonObject;
  /** The caller does not speak the protocol, which is more than a method that says no. */
  readonly malformed: boolean;
}

export class WorkerProtocol {
  readonly #components: ReadonlyMap<string, Component>;
  readonly #writeLog: (entry: LogEntry) => void;
  readonly #callbacks = new PendingCallbacks();
  #session: Session | undefined;

  constructor(components: ReadonlyMap<string, Component>, writeLog: (entry: LogEntry) => void) {
    this.#components = components;
    this.#writeLog = writeLog;
  }

  /** Hands the orchestrator's answer to the component that waits for it; false when none does. */
  settle(response: Extract<RpcMessage, { readonly kind: "result" | "error" }>): boolean {
    return response.kind === "result"
      ? this.#callbacks.resolve(response.id, response.result)
      : this.#callbacks.reject(response.id, response.error);
  }

  async answer(request: RpcRequest, caller: Caller): Promise<Answer> {
    const { id, method, params } = request;
    switch (method) {
      case "initialize":
        this.#session = readSession(params);
        return result(request, handshake(this.#session));
      case "components/list":
      case "list_components":
        return result(request, { components: Array.from(this.#components.values(), (each) => each.describe()) });
      case "components/info":
      case "component_info": {
        const { component: name } = params;
        if (typeof name !== "string") return refused(request, "params/component must be a string");
        const component = this.#find(method, name);
        if (component === undefined) return failed(request, this.#unknown(name));
        const info = component.describe();
        // The first dialect had the schemas in the result itself.
        return result(request, method === "component_info" ? { ...info, info } : { info });
      }
      case "components/execute":
      case "component_execute": {
        const read = readExecuteParams(params);
        if (typeof read === "string") return refused(request, read);
        const component = this.#find(method, read.component);
        if (component === undefined) return failed(request, this.#unknown(read.component));
        return this.#execute(request, component, read, caller);
      }
      default:
        return {
          message: errorMessage(id, { code: RPC_CODES.methodNotFound, message: `There is no method "${method}"` }),
          malformed: true,
        };
    }
  }

  async #execute(request: RpcRequest, component: Component, params: ExecuteParams, caller: Caller): Promise<Answer> {
    const { idempotencyKey = params.idempotencyKey } = caller;
    const session = this.#sessionFor(request, params);
    const deadline = new Deadline(caller.signal, params.timeoutMs);
    const { runId = null, stepId = null } = params;
    const context = new ExecutionContext(
      { ...params, idempotencyKey },
      {
        id: request.id,
        session,
        signal: deadline.signal,
        ask: (method, asked) => this.#callbacks.ask(method, asked, sendOf(caller), deadline.signal),
        notify: (method, told) => caller.send?.({ jsonrpc: "2.0", method, params: told }),
        log: logTo(this.#writeLog, { component: component.path, runId, stepId, attempt: params.attempt }),
      },
    );
    const threshold = session?.blobThreshold ?? 0;
    const work = async (): Promise<Json> => {
      // Another isolate, or this one before its restart, has been told that references are understood.
      if (session === undefined && hasReference(params.input)) throw new SessionLost("Not initialized");
      const input = threshold > 0 ? await resolveReferences(params.input, context) : params.input;
      const output = await component.execute(input, context);
      return threshold > 0 ? storeLargeFields(output, threshold, context) : output;
    };
    try {
      return result(request, { output: await deadline.race(work()) });
    } catch (thrown) {
      return failed(request, rpcErrorOf(thrown));
    } finally {
      deadline.stop();
    }
  }

  #sessionFor({ method }: RpcRequest, { capabilities }: ExecuteParams): Session | undefined {
    if (method === "component_execute") return { ...this.#session, dialect: "underscore", blobThreshold: 0 };
    return capabilities ? { dialect: "camel", ...this.#session, ...capabilities } : this.#session;
  }

  /** The first dialect named components freely: `chunk`, `/chunk`, `text://chunk`. */
  #find(method: string, name: string): Component | undefined {
    const path = method.includes("/") ? name : `/${name.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^\/+/, "")}`;
    return this.#components.get(path);
  }

  #unknown(path: string): RpcErrorObject {
    const known = [...this.#components.keys()].join(", ");
    return {
      code: RPC_CODES.componentNotFound,
      message: `This worker has no component "${path}"; it has ${known === "" ? "none" : known}`,
      data: { component: path },
    };
  }
}

function sendOf({ send }: Caller): (message: JsonObject) => void {
  if (send) return send;
  throw new ComponentError("the caller takes no event stream (Accept), so that nothing can be asked of it", {
    code: "WORKER_ERROR",
  });
}

function result({ id }: RpcRequest, value: Json): Answer {
  return { message: resultMessage(id, value), malformed: false };
}

function failed({ id }: RpcRequest, error: RpcErrorObject): Answer {
  return { message: errorMessage(id, error), malformed: false };
}

function refused({ id }: RpcRequest, message: string): Answer {
  return { message: errorMessage(id, { code: RPC_CODES.invalidParams, message }), malformed: true };
}
