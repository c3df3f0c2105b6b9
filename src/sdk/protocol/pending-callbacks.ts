import type { Json, JsonObject } from "../../protocol/json.ts";
import { ComponentError, type RpcErrorObject } from "../component-error.ts";
import type { RpcId } from "./json-rpc.ts";

interface Waiting {
  resolve(result: Json): void;
  reject(error: ComponentError): void;
}

/** The requests that components have made and the orchestrator has not answered yet. Ids are random UUIDs. */
export class PendingCallbacks {
  readonly #waiting = new Map<RpcId, Waiting>();

  /** Sends a request and gives its answer. Rejects when the signal aborts, or with what the orchestrator says against it. */
  async ask(
    method: string,
    params: JsonObject,
    send: (message: JsonObject) => void,
    signal: AbortSignal,
  ): Promise<Json> {
    signal.throwIfAborted();
    const id = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    this.#waiting.set(id, {
      resolve,
      reject: (error) => reject(new ComponentError(`${method}: ${error.message}`, { data: error.data })),
    });
    try {
      send({ jsonrpc: "2.0", id, method, params });
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#waiting.delete(id);
    }
  }

  /** False when nobody waits for this id (any more). */
  resolve(id: RpcId, result: Json): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.resolve(result);
    return waiting !== undefined;
  }

  /** False when nobody waits for this id (any more). */
  reject(id: RpcId, { code, message, data = null }: RpcErrorObject): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.reject(new ComponentError(`${message} (${code})`, { data: { code, data } }));
    return waiting !== undefined;
  }
}
