import type { Journal, JournalEntry, StoredValue } from "../core/ports/journal.ts";

/** A journal in memory, for tests and the simulation. `append` can be made to fail by wrapping it. */
export class MemoryJournal implements Journal {
  readonly #entries: JournalEntry[] = [];
  #snapshot: { readonly seq: number; readonly text: string } | undefined;

  exists(): boolean {
    return this.#entries.length > 0;
  }

  append(entries: readonly JournalEntry[]): void {
    const next = this.#entries.length + 1;
    for (const [offset, { seq }] of entries.entries()) {
      if (seq !== next + offset) throw new RangeError(`entry ${seq} cannot follow entry ${next + offset - 1}`);
    }
    if (entries.length > 0) this.#entries.push(...structuredClone(entries));
  }

  read(after: number, limit: number, withValues: boolean): readonly JournalEntry[] {
    const page = this.#entries.slice(after, after + limit);
    return withValues ? page : page.map(({ seq, at, event }) => ({ seq, at, event }));
  }

  readValue(seq: number): StoredValue | undefined {
    return this.#entries[seq - 1]?.value;
  }

  saveSnapshot(seq: number, text: string): void {
    this.#snapshot = { seq, text };
  }

  latestSnapshot(): { readonly seq: number; readonly text: string } | undefined {
    return this.#snapshot;
  }
}
