import type { BlobId } from "../../protocol/ids.ts";

export type BlobType = "data" | "flow" | "binary";
export interface BlobMetadata {
  readonly blobType: BlobType;
  readonly filename?: string;
  /** Bytes stored. */
  readonly size: number;
}
export interface StoredBlob extends BlobMetadata {
  readonly id: BlobId;
}

/**
 * Content-addressed bytes of one namespace: the id is the lower-case hex SHA-256 of the bytes. Writing the same bytes twice is
 * one blob (the first writer's type and filename stay). Reading fails when the bytes are not what the id says. JSON blobs are the compact JSON text (`JSON.stringify`) as UTF-8.
 */
export interface BlobStore {
  put(bytes: Uint8Array, options: { readonly blobType: BlobType; readonly filename?: string }): Promise<StoredBlob>;
  /** Hashes while it streams; `null` bytes are fine. Fails with `BlobTooLargeError` above `maxBytes`. */
  putStream(
    body: ReadableStream<Uint8Array>,
    options: { readonly blobType: BlobType; readonly filename?: string; readonly maxBytes: number },
  ): Promise<StoredBlob>;
  head(id: BlobId): Promise<StoredBlob | undefined>;
  get(id: BlobId): Promise<(StoredBlob & { readonly bytes: Uint8Array }) | undefined>;
  getStream(id: BlobId): Promise<(StoredBlob & { readonly body: ReadableStream<Uint8Array> }) | undefined>;
  delete(id: BlobId): Promise<void>;
}
