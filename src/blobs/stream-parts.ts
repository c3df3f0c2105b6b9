import { BlobTooLargeError } from "./blob-too-large-error.ts";

/**
 * Cuts a stream into pieces of exactly `partBytes`, the last one shorter; nothing for an empty stream. Throws
 * `BlobTooLargeError` as soon as more than `maxBytes` have come. The stream is cancelled when the reading stops early.
 */
export async function* readParts(
  body: ReadableStream<Uint8Array>,
  partBytes: number,
  maxBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const reader = body.getReader();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let total = 0;
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        break;
      }
      total += value.length;
      if (total > maxBytes) throw new BlobTooLargeError(maxBytes);
      pending.push(value);
      pendingBytes += value.length;
      if (pendingBytes < partBytes) continue;
      const joined = join(pending, pendingBytes);
      let offset = 0;
      for (; joined.length - offset >= partBytes; offset += partBytes) yield joined.slice(offset, offset + partBytes);
      pending = [joined.slice(offset)];
      pendingBytes = joined.length - offset;
    }
    if (pendingBytes > 0) yield join(pending, pendingBytes);
  } finally {
    // The sender need not send what nobody reads.
    if (!ended) reader.cancel().catch(() => {});
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
