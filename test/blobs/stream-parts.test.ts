import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BlobTooLargeError } from "../../src/blobs/blob-too-large-error.ts";
import { readParts } from "../../src/blobs/stream-parts.ts";

async function partsOf(chunks: readonly Uint8Array[], partBytes: number, maxBytes: number): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of readParts(ReadableStream.from(chunks), partBytes, maxBytes)) parts.push(part);
  return parts;
}

test("however a stream is cut, the parts are equally large and join to the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.integer({ min: 1, max: 30 }),
      async (chunks, partBytes) => {
        const all = chunks.flatMap((chunk) => [...chunk]);
        const parts = await partsOf(chunks, partBytes, all.length);
        expect(parts.flatMap((part) => [...part])).toEqual(all);
        expect(parts.slice(0, -1).filter(({ length }) => length !== partBytes)).toEqual([]);
        expect(parts.filter(({ length }) => length === 0 || length > partBytes)).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test("one byte too many is refused", async () => {
  await expect(partsOf([new Uint8Array(3), new Uint8Array(2)], 2, 4)).rejects.toThrow(BlobTooLargeError);
  expect(await partsOf([new Uint8Array(4)], 2, 4)).toHaveLength(2);
});
