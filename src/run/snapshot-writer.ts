import type { Journal } from "../core/ports/journal.ts";
import { writeSnapshot } from "../core/run/snapshot.ts";
import type { RunTree } from "../core/run/state.ts";

/** Events between two snapshots, at least. */
const MIN_EVENTS = 4_000;

/**
 * Writes snapshots so that loading stays cheap and writing them stays a small, constant share of the work: the next one is
 * due after as many events as the last one had, which makes their total cost linear in the length of the journal.
 */
export class SnapshotWriter {
  readonly #journal: Journal;
  #nextAt: number;

  constructor(journal: Journal, seq: number) {
    this.#journal = journal;
    this.#nextAt = dueAfter(seq);
  }

  appended(tree: RunTree): void {
    if (tree.seq < this.#nextAt) return;
    this.#journal.saveSnapshot(tree.seq, writeSnapshot(tree));
    this.#nextAt = dueAfter(tree.seq);
  }
}

function dueAfter(seq: number): number {
  return seq + Math.max(MIN_EVENTS, seq);
}
