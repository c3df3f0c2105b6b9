import type { BlobId } from "../protocol/ids.ts";

/** The id of a blob: lower-case hex SHA-256 of its bytes. */
export async function contentHash(bytes: Uint8Array<ArrayBuffer>): Promise<BlobId> {
  return toBlobId(await crypto.subtle.digest("SHA-256", bytes));
}

export function toBlobId(digest: ArrayBuffer): BlobId {
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is where blob ids come from
  return hex as BlobId;
}
