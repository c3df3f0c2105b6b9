/** JSON-RPC 2.0 messages as this worker reads and writes them: one object per body, no batches. */
import { isJsonObject, type Json, type JsonObject } from "../json.ts";

export type RpcId = string | number | null;

/** The codes of the worker protocol that this worker gives. */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  /** Bad parameters, and input that a component refuses: an orchestrator takes it as INVALID_INPUT and does not retry. */
  invalidParams: -32602,
  internal: -32603,
  componentNotFound: -32001,
  /** The component failed: COMPONENT_FAILED to the orchestrator, retried if the flow says so. */
  componentFailed: -32100,
} as const;

export interface RpcError {
  readonly code: (typeof RPC_ERROR)[keyof typeof RPC_ERROR];
  readonly message: string;
  readonly data?: Json;
}

export type RpcMessage =
  | { readonly kind: "request"; readonly id: string | number; readonly method: string; readonly params: JsonObject }
  | { readonly kind: "notification"; readonly method: string }
  /** An answer to a request of ours; this worker makes none. */
  | { readonly kind: "response"; readonly id: RpcId }
  | { readonly kind: "malformed"; readonly id: RpcId; readonly error: RpcError };

export function parseMessage(text: string): RpcMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "malformed", id: null, error: { code: RPC_ERROR.parse, message: `The body is not JSON: ${why}` } };
  }
  if (!isJsonObject(value))
    return malformed(null, "The body must be one JSON-RPC 2.0 object (batches are not supported)");
  const { method, params } = value;
  const id = typeof value["id"] === "string" || typeof value["id"] === "number" ? value["id"] : null;
  if (method === undefined) {
    return id !== null && ("result" in value || "error" in value)
      ? { kind: "response", id }
      : malformed(id, "`method` is missing");
  }
  if (typeof method !== "string") return malformed(id, "`method` must be a string");
  if (!("id" in value)) return { kind: "notification", method };
  if (id === null) return malformed(null, "`id` must be a string or a number");
  if (params !== undefined && !isJsonObject(params)) return malformed(id, "`params` must be an object");
  return { kind: "request", id, method, params: params ?? {} };
}

export function resultMessage(id: RpcId, result: Json): JsonObject {
  return { jsonrpc: "2.0", id, result };
}

export function errorMessage(id: RpcId, { code, message, data }: RpcError): JsonObject {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

function malformed(id: RpcId, message: string): RpcMessage {
  return { kind: "malformed", id, error: { code: RPC_ERROR.invalidRequest, message } };
}
