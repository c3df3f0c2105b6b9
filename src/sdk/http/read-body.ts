type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "not_utf8" };

/** Reads a body, but never more than `limit` bytes of it, whatever its Content-Length claims. */
export async function readBody(request: Request, limit: number): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return { kind: "too_large" };
  if (request.body === null) return { kind: "text", text: "" };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const reader = request.body.getReader();
  const parts: string[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > limit) {
        await reader.cancel();
        return { kind: "too_large" };
      }
      parts.push(decoder.decode(value, { stream: true }));
    }
    return { kind: "text", text: parts.join("") + decoder.decode() };
  } catch (error) {
    if (error instanceof TypeError) return { kind: "not_utf8" };
    throw error;
  }
}
