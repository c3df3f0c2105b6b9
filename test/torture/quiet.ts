/** Lets everybody through, except while something is to happen undisturbed. */
export class Quiet {
  #over: Promise<void> | undefined;

  /** Resolves at once, or when the quiet is over. */
  async passed(): Promise<void> {
    while (this.#over) await this.#over;
  }

  /** Holds everybody back who asks from now on. */
  async during(block: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#over = promise;
    try {
      await block();
    } finally {
      this.#over = undefined;
      resolve();
    }
  }
}
