import type { Json, JsonObject } from "../../protocol/json.ts";

export type RpcId = string | number;
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

/** A JSON-RPC 2.0 message, told apart by its members. `jsonrpc` itself is not asked for: workers leave it out in errors. */
export type RpcMessage =
  | { readonly kind: "request"; readonly id: RpcId; readonly method: string; readonly params: Json }
  | { readonly kind: "notification"; readonly method: string; readonly params: Json }
  | { readonly kind: "result"; readonly id: RpcId | undefined; readonly result: Json }
  | { readonly kind: "error"; readonly id: RpcId | undefined; readonly error: RpcError };

/** `undefined` for what is no JSON-RPC message. */
export function readRpcMessage(json: Json): RpcMessage | undefined {
  if (!isObject(json)) return undefined;
  const { id: writtenId, method, params = {}, result, error } = json;
  const id = typeof writtenId === "string" || typeof writtenId === "number" ? writtenId : undefined;
  if (typeof method === "string")
    return id === undefined ? { kind: "notification", method, params } : { kind: "request", id, method, params };
  if (isObject(error) && typeof error["code"] === "number") {
    const { code, message, data } = error;
    const text = typeof message === "string" && message !== "" ? message : `error ${code}`;
    return { kind: "error", id, error: { code, message: text, ...(data !== undefined && data !== null && { data }) } };
  }
  return result === undefined ? undefined : { kind: "result", id, result };
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
