import type { Readable } from "node:stream";

/**
 * Calls `onLine` for each line of a stream of bytes, without its line end; empty lines are passed over. A line longer than
 * `maxBytes` ends the reading with `onTooLong`, for what follows it cannot be told from it.
 */
export function readLines(
  stream: Readable,
  maxBytes: number,
  on: { readonly line: (line: string) => void; readonly tooLong: () => void },
): void {
  let parts: Buffer[] = [];
  let size = 0;
  let isBroken = false;
  const finish = (): void => {
    const line = Buffer.concat(parts).toString("utf8").trimEnd();
    parts = [];
    size = 0;
    if (line !== "") on.line(line);
  };
  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    while (!isBroken) {
      const end = chunk.indexOf(0x0a, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      size += part.length;
      if (size > maxBytes) {
        isBroken = true;
        on.tooLong();
        return;
      }
      parts.push(part);
      if (end === -1) return;
      finish();
      from = end + 1;
    }
  });
  stream.on("end", () => {
    if (!isBroken) finish();
  });
}
