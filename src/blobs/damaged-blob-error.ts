import type { BlobId } from "../protocol/ids.ts";

/** What the store gave for a blob is not what was put there: its bytes have another hash than its id says. */
export class DamagedBlobError extends Error {
  readonly blob: BlobId;

  constructor(blob: BlobId) {
    super(`blob ${blob} is damaged: its bytes have another SHA-256; store the value again`);
    this.name = "DamagedBlobError";
    this.blob = blob;
  }
}
