import { z } from "zod";
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { BlobId } from "../../protocol/ids.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { CallbackFault, RPC_CODES } from "./callback-fault.ts";
import type { CallbackRequest } from "./callback-request.ts";
import { blobIdParam, jsonParam, readParams } from "./read-params.ts";

const PUT = z.object({ data: jsonParam, blob_type: z.enum(["data", "flow", "binary"]).default("data") });
const GET = z.object({ blob_id: blobIdParam });

export async function putBlob({ params, blobs }: CallbackRequest): Promise<JsonObject> {
  const { data, blob_type: blobType } = readParams(PUT, params);
  const bytes = blobType === "binary" ? base64Bytes(data) : new TextEncoder().encode(JSON.stringify(data));
  const { id } = await blobs.put(bytes, { blobType });
  return { blob_id: id };
}

export async function getBlob({ params, blobs }: CallbackRequest): Promise<JsonObject> {
  const { blob_id: id } = readParams(GET, params);
  const blob = await blobs.get(id);
  if (!blob) throw new CallbackFault(RPC_CODES.notFound, `there is no blob ${id}`);
  const data = blob.blobType === "binary" ? base64Text(blob.bytes) : readJson(blob.bytes, id);
  return { data, blob_type: blob.blobType };
}

/** The JSON document stored under `id`. */
export async function loadJsonBlob(blobs: BlobStore, id: BlobId, what: string): Promise<Json> {
  const blob = await blobs.get(id);
  if (!blob) throw new CallbackFault(RPC_CODES.notFound, `there is no ${what} ${id}`);
  return readJson(blob.bytes, id);
}

function readJson(bytes: Uint8Array, id: BlobId): Json {
  const parsed = parseJson(new TextDecoder().decode(bytes));
  if (parsed.kind === "json") return parsed.json;
  throw new CallbackFault(RPC_CODES.badRequest, `blob ${id} is not JSON: ${parsed.message}`);
}

function base64Bytes(data: Json): Uint8Array {
  try {
    if (typeof data === "string") return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: refused below like any other value.
  }
  throw new CallbackFault(RPC_CODES.invalidParams, "invalid params: data: a binary blob is a base64 string");
}

function base64Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
