import type { BlobId } from "../../protocol/ids.ts";
import type { RunEvent } from "../run/event.ts";

/** How a value is stored beside its event: JSON text in the row, or a pointer to a blob (A8). */
export type StoredValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "blob"; readonly blob: BlobId; readonly bytes: number };

export interface JournalEntry {
  /** 1, 2, 3, … without a gap. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: RunEvent;
  readonly value?: StoredValue;
}

/**
 * The append-only record of one run tree. `append` is one atomic block: after a crash either all of its entries are there or
 * none. Reading creates no storage.
 */
export interface Journal {
  /** False until the first append. */
  exists(): boolean;
  append(entries: readonly JournalEntry[]): void;
  /** Entries with `seq > after`, at most `limit`, in order; without values unless `withValues`. */
  read(after: number, limit: number, withValues: boolean): readonly JournalEntry[];
  readValue(seq: number): StoredValue | undefined;
  /** Replaces an older snapshot. `seq` is the last event it contains. */
  saveSnapshot(seq: number, text: string): void;
  latestSnapshot(): { readonly seq: number; readonly text: string } | undefined;
}
