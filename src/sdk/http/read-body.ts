type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "not_utf8" };

const STRICT = { fatal: true, ignoreBOM: false } as const;

/** Reads a body, but never more than `limit` bytes of it. Throws when the sender goes away in the middle. */
export async function readBody(request: Request, limit: number): Promise<Body> {
  const length = request.headers.get("content-length");
  if (length === null) return readPieces(request.body, limit);
  // The server under us holds the sender to the length it has given.
  if (Number(length) > limit) return { kind: "too_large" };
  const bytes = await request.arrayBuffer();
  return decoded(() => new TextDecoder("utf-8", STRICT).decode(bytes));
}

async function readPieces(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Body> {
  if (body === null) return { kind: "text", text: "" };
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      return { kind: "too_large" };
    }
    pieces.push(value);
  }
  const decoder = new TextDecoder("utf-8", STRICT);
  return decoded(() => pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode());
}

function decoded(decode: () => string): Body {
  try {
    return { kind: "text", text: decode() };
  } catch {
    // A fatal decoder throws for nothing else.
    return { kind: "not_utf8" };
  }
}
