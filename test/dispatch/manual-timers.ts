import type { Timers } from "../../src/dispatch/deadline.ts";

/** A clock that only moves when told to. */
export class ManualTimers implements Timers {
  #now = 1_000_000;
  readonly #pending = new Set<{ readonly dueAt: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueAt: this.#now + delayMs, run };
    this.#pending.add(timer);
    return () => this.#pending.delete(timer);
  }

  advance(byMs: number): void {
    this.#now += byMs;
    for (const timer of this.#pending) {
      if (timer.dueAt > this.#now) continue;
      this.#pending.delete(timer);
      timer.run();
    }
  }

  /** Timers that nobody stopped: each would keep an object awake. */
  get pending(): number {
    return this.#pending.size;
  }
}
