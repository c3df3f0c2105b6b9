/**
 * What workers tell of their progress, on its way into the journal: the first word of a task at once, then the newest of each
 * second. What waits is memory only, for a second at most; before an attempt comes to its end, what waits for it is taken in.
 */
import type { TaskAddress } from "../core/run/event.ts";
import type { Progress } from "../protocol/progress.ts";

const INTERVAL_MS = 1_000;

interface Note {
  readonly task: TaskAddress;
  readonly attempt: number;
  newest: Progress | undefined;
  /** Told when `newest` is taken in. */
  waiting: (() => void)[];
}

export class ProgressNotes {
  readonly #take: (task: TaskAddress, attempt: number, progress: Progress) => void;
  readonly #after: (delayMs: number, run: () => void) => void;
  /** By task and attempt; those that were told of less than a second ago. */
  readonly #notes = new Map<string, Note>();

  constructor(
    take: (task: TaskAddress, attempt: number, progress: Progress) => void,
    after: (delayMs: number, run: () => void) => void,
  ) {
    this.#take = take;
    this.#after = after;
  }

  /** Resolves when this word, or a newer one, is on its way into the journal. */
  note(task: TaskAddress, attempt: number, progress: Progress): Promise<void> {
    const key = keyOf(task, attempt);
    const known = this.#notes.get(key);
    if (known) {
      known.newest = progress;
      return new Promise((resolve) => known.waiting.push(resolve));
    }
    const note: Note = { task, attempt, newest: progress, waiting: [] };
    this.#notes.set(key, note);
    this.#takeIn(note);
    this.#waitFor(key, note);
    return Promise.resolve();
  }

  /** Takes in what waits for this attempt. */
  flush(task: TaskAddress, attempt: number): void {
    if (this.#notes.size === 0) return;
    const note = this.#notes.get(keyOf(task, attempt));
    if (note) this.#takeIn(note);
  }

  flushAll(): void {
    for (const note of this.#notes.values()) this.#takeIn(note);
  }

  #waitFor(key: string, note: Note): void {
    this.#after(INTERVAL_MS, () => {
      if (note.newest === undefined) {
        this.#notes.delete(key);
        return;
      }
      this.#takeIn(note);
      this.#waitFor(key, note);
    });
  }

  #takeIn(note: Note): void {
    const { task, attempt, newest, waiting } = note;
    if (newest === undefined) return;
    note.newest = undefined;
    note.waiting = [];
    this.#take(task, attempt, newest);
    for (const resolve of waiting) resolve();
  }
}

function keyOf(task: TaskAddress, attempt: number): string {
  return `${task.run}/${task.item}/${task.step}/${task.element ?? ""}/${attempt}`;
}
