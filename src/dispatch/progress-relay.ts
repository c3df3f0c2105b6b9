import type { Progress } from "../protocol/progress.ts";

/** Passes on what a worker tells of its progress, one word at a time: while one is on its way, only the newest is kept. */
export class ProgressRelay {
  readonly #tell: (progress: Progress) => Promise<unknown>;
  #newest: Progress | undefined;
  #telling: Promise<void> | undefined;

  constructor(tell: (progress: Progress) => Promise<unknown>) {
    this.#tell = tell;
  }

  note(progress: Progress): void {
    this.#newest = progress;
    this.#telling ??= this.#work();
  }

  /** Resolves when nothing is on its way any more. */
  async told(): Promise<void> {
    await this.#telling;
  }

  async #work(): Promise<void> {
    for (let next = this.#newest; next; next = this.#newest) {
      this.#newest = undefined;
      // A word that is lost is followed by others; the call itself goes on.
      await this.#tell(next).catch(() => undefined);
    }
    this.#telling = undefined;
  }
}
