/** The lines of a byte stream without their ends, empty ones left out; a last line without an end counts. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // A long line comes in many chunks: they are joined once.
  let parts: string[] = [];
  for await (const chunk of input) {
    const [first = "", ...rest] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    for (const next of rest) {
      const line = parts.join("").trim();
      parts = [next];
      if (line !== "") yield line;
    }
  }
  const last = (parts.join("") + decoder.decode()).trim();
  if (last !== "") yield last;
}
