/** The body of a response as text, or `undefined` if it is larger than `maxBytes` (decoded). Reading stops there. */
export async function readBoundedText(response: Response, maxBytes: number): Promise<string | undefined> {
  if (!response.body) return "";
  if (announcedLength(response) <= maxBytes) return response.text();
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      // Nobody waits for the rest; that it cannot be cancelled changes nothing.
      reader.cancel().catch(() => {});
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Bytes of the body where the headers tell them for certain; infinite otherwise, as for a compressed one. */
function announcedLength({ headers }: Response): number {
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  return length !== null && /^\d+$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
}
