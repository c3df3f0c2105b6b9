import type { BlobId } from "./ids.ts";
import type { Json, JsonObject } from "./json.ts";

/** A value that stands for the content of a blob: `{"$blob": "<id>", "blobType"?, "size"?}`. Workers and clients write them. */
export interface BlobReference {
  readonly blob: BlobId;
  /** `data` unless the reference says otherwise. */
  readonly blobType: string;
}

/** `undefined` for any other value. */
export function readBlobReference(json: Json | undefined): BlobReference | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json) || !Object.hasOwn(json, "$blob"))
    return undefined;
  const { $blob: blob, blobType = "data" } = json;
  if (typeof blob !== "string" || !/^[0-9a-f]{64}$/.test(blob) || typeof blobType !== "string") return undefined;
  return { blob: blob as BlobId, blobType };
}

export function blobReference(blob: BlobId, size: number): JsonObject {
  return { $blob: blob, size };
}
