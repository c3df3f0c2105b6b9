/**
 * Where in a journal the steps of which items lie, so that a page of step records reads the rows it needs and no others. Built
 * when records are first asked for, and extended from there on; kept in memory only: a bit for each step of each item, and the
 * range of items of each stretch of rows.
 */
import type { Journal, JournalEntry } from "../core/ports/journal.ts";
import type { RunTree } from "../core/run/state.ts";
import type { StepFilter } from "../core/run/step-record.ts";
import { recordOf } from "../core/run/step-record.ts";

/** Rows of one stretch, and of one read. */
const STRETCH = 2_000;

interface Stretch {
  readonly after: number;
  rows: number;
  /** Items, by the ordinal of their run. */
  readonly items: Map<number, { first: number; last: number }>;
}

export class StepIndex {
  readonly #tree: RunTree;
  readonly #stretches: Stretch[] = [];
  /** By ordinal: a bit for each step that has a record, item after item. */
  readonly #seen = new Map<number, Uint8Array>();
  #upTo = 0;

  constructor(tree: RunTree) {
    this.#tree = tree;
  }

  /** Takes in what has been appended since. */
  extend(journal: Journal): void {
    for (let rows: readonly JournalEntry[]; (rows = this.#next(journal)).length > 0; ) {
      const open = this.#open();
      for (const entry of rows) this.#note(open, entry);
      open.rows += rows.length;
      this.#upTo += rows.length;
    }
  }

  /** Which items the records from `offset` on are of: `skip` records of the first one lie before. */
  page(
    run: number,
    filter: StepFilter,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): { readonly first: number; readonly last: number; readonly skip: number } {
    const { itemIndex } = filter;
    const itemCount = this.#tree.runs[run]?.itemCount ?? 0;
    const end = itemIndex === undefined ? itemCount : Math.min(itemCount, itemIndex + 1);
    let before = 0;
    let first: number | undefined;
    let skip = 0;
    for (let item = itemIndex ?? 0; item < end; item++) {
      const count = this.#count(run, item, filter.stepIndex);
      if (first === undefined && before + count > offset) {
        first = item;
        skip = offset - before;
      }
      before += count;
      if (first !== undefined && before >= offset + limit) return { first, last: item, skip };
    }
    return { first: first ?? end, last: end - 1, skip };
  }

  /** The rows in which something of these items may stand. */
  *rows(journal: Journal, run: number, { first, last }: { readonly first: number; readonly last: number }) {
    for (const { after, rows, items } of this.#stretches) {
      const range = items.get(run);
      if (range && range.first <= last && range.last >= first) yield* journal.read(after, rows, false);
    }
  }

  #next(journal: Journal): readonly JournalEntry[] {
    return journal.read(this.#upTo, STRETCH - (this.#open().rows % STRETCH), false);
  }

  #open(): Stretch {
    const last = this.#stretches.at(-1);
    if (last && last.rows < STRETCH) return last;
    const next: Stretch = { after: this.#upTo, rows: 0, items: new Map() };
    this.#stretches.push(next);
    return next;
  }

  #note(stretch: Stretch, entry: JournalEntry): void {
    const of = recordOf(this.#tree, entry);
    const node = of && this.#tree.runs[of.run];
    if (!of || !node) return;
    const range = stretch.items.get(of.run);
    if (!range) stretch.items.set(of.run, { first: of.item, last: of.item });
    else {
      range.first = Math.min(range.first, of.item);
      range.last = Math.max(range.last, of.item);
    }
    const size = node.plan.steps.length;
    const seen = this.#seen.get(of.run) ?? new Uint8Array(Math.ceil((node.itemCount * size) / 8));
    this.#seen.set(of.run, seen);
    const bit = of.item * size + of.step;
    seen[bit >> 3] = (seen[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  #count(run: number, item: number, step: number | undefined): number {
    const seen = this.#seen.get(run);
    const size = this.#tree.runs[run]?.plan.steps.length ?? 0;
    if (!seen) return 0;
    let count = 0;
    for (let index = step ?? 0; index < (step === undefined ? size : step + 1); index++) {
      const bit = item * size + index;
      count += ((seen[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    }
    return count;
  }
}
