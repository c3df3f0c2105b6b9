import type { BlobStore } from "../core/ports/blob-store.ts";
import type { JournalEntry } from "../core/ports/journal.ts";

/** Characters of JSON text from which on a value lies in the blob store instead of its row (A8). */
const INLINE_CHARACTERS = 256 * 1024;

export function hasLargeValue(entries: readonly JournalEntry[]): boolean {
  return entries.some(isLarge);
}

/** Stores large values as blobs and leaves pointers to them. A crash afterwards leaves a blob nobody points at, no more. */
export async function moveLargeValues(
  entries: readonly JournalEntry[],
  blobs: BlobStore,
): Promise<readonly JournalEntry[]> {
  const moved: JournalEntry[] = [];
  for (const entry of entries) {
    if (!isLarge(entry) || entry.value?.kind !== "text") {
      moved.push(entry);
      continue;
    }
    const stored = await blobs.put(new TextEncoder().encode(entry.value.text), { blobType: "data" });
    moved.push({ ...entry, value: { kind: "blob", blob: stored.id, bytes: stored.size } });
  }
  return moved;
}

function isLarge({ value }: JournalEntry): boolean {
  return value?.kind === "text" && value.text.length > INLINE_CHARACTERS;
}
