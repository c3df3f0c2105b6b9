import type { RunNode } from "../core/run/state.ts";

/** Callers who wait for a run of the tree to end. They are answered from memory; if the object goes, they ask again. */
export class EndWaiters {
  readonly #waiting = new Map<number, Set<() => void>>();

  /** Resolves when the run has ended, or after `ms` (infinite: no limit). */
  async wait(node: RunNode, ms: number): Promise<void> {
    if (node.status !== "running") return;
    const waiting = this.#waiting.get(node.ordinal) ?? new Set();
    this.#waiting.set(node.ordinal, waiting);
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
      function done(): void {
        if (timer !== undefined) clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
  }

  ended(ordinal: number): void {
    const waiting = this.#waiting.get(ordinal);
    this.#waiting.delete(ordinal);
    for (const done of waiting ?? []) done();
  }
}
