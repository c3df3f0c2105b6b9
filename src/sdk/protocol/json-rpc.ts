/** JSON-RPC 2.0 messages as workers read and write them: one object at a time, no batches. */
import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { RPC_CODES, type RpcErrorObject } from "../component-error.ts";

export type RpcId = string | number;
export interface RpcRequest {
  readonly kind: "request";
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
}
export type RpcMessage =
  | RpcRequest
  | { readonly kind: "notification"; readonly method: string; readonly params: JsonObject }
  /** An answer to a request of ours. */
  | { readonly kind: "result"; readonly id: RpcId; readonly result: Json }
  | { readonly kind: "error"; readonly id: RpcId; readonly error: RpcErrorObject }
  | { readonly kind: "malformed"; readonly id: RpcId | null; readonly error: RpcErrorObject };

/** Values nest deeper than documents: a worker passes on what others have made. */
const MAX_DEPTH = 1_000;

/** Never throws; numbers that a double cannot hold are refused rather than rounded. */
export function parseMessage(text: string): RpcMessage {
  const parsed = parseJson(text, { wellFormed: false, maxDepth: MAX_DEPTH });
  if (parsed.kind === "invalid") {
    const { message, line, column } = parsed;
    return malformed(null, `The message cannot be read: ${message} (line ${line}, column ${column})`, RPC_CODES.parse);
  }
  const { json } = parsed;
  if (!isObject(json)) return malformed(null, "A message is one JSON-RPC 2.0 object (batches are not supported)");
  const { id: writtenId, method, params = {}, result, error } = json;
  const id = typeof writtenId === "string" || typeof writtenId === "number" ? writtenId : null;
  if (method === undefined) {
    if (id !== null && isObject(error)) return { kind: "error", id, error: readError(error) };
    if (id !== null && result !== undefined) return { kind: "result", id, result };
    return malformed(id, "`method` is missing");
  }
  if (typeof method !== "string") return malformed(id, "`method` must be a string");
  if (!isObject(params)) return malformed(id, "`params` must be an object");
  if (writtenId === undefined) return { kind: "notification", method, params };
  return id === null ? malformed(null, "`id` must be a string or a number") : { kind: "request", id, method, params };
}

export function resultMessage(id: RpcId, result: Json): JsonObject {
  return { jsonrpc: "2.0", id, result };
}

export function errorMessage(id: RpcId | null, { code, message, data }: RpcErrorObject): JsonObject {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function readError({ code, message, data }: JsonObject): RpcErrorObject {
  return {
    code: typeof code === "number" ? code : RPC_CODES.internal,
    message: typeof message === "string" ? message : "no reason was given",
    ...(data === undefined ? {} : { data }),
  };
}

function malformed(id: RpcId | null, message: string, code: number = RPC_CODES.invalidRequest): RpcMessage {
  return { kind: "malformed", id, error: { code, message } };
}
