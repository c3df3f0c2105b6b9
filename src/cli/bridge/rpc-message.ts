import type { Json, JsonObject } from "../../protocol/json.ts";

/** A JSON-RPC 2.0 message, told apart by its members; `jsonrpc` itself is not asked for. */
export type RpcMessage =
  | { readonly kind: "request"; readonly id: RpcId; readonly method: string; readonly params: Json }
  | { readonly kind: "notification"; readonly method: string; readonly params: Json }
  | { readonly kind: "answer"; readonly id: RpcId; readonly answer: RpcAnswer };
export type RpcId = string | number;
/** The member that says how a request ended, to be passed on as it came. */
export type RpcAnswer = { readonly result: Json } | { readonly error: Json };

/** `undefined` for what is no JSON-RPC message. */
export function readRpcMessage(json: Json): RpcMessage | undefined {
  if (!isObject(json)) return undefined;
  const { id, method, params = {}, result, error } = json;
  const isId = typeof id === "string" || typeof id === "number";
  if (typeof method === "string")
    return isId ? { kind: "request", id, method, params } : { kind: "notification", method, params };
  if (!isId) return undefined;
  // Raw workers send both members, one of them null.
  if (error !== undefined && error !== null) return { kind: "answer", id, answer: { error } };
  return result === undefined ? undefined : { kind: "answer", id, answer: { result } };
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Codes of worker-protocols §A9: the orchestrator retries what lies from −32300 to −32399 as a matter of transport. */
export const RPC_CODES = { methodNotFound: -32_601, internal: -32_603, notStarted: -32_301, lost: -32_302 } as const;

export function rpcError(code: number, message: string): RpcAnswer {
  return { error: { code, message } };
}
