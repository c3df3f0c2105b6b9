import type { Calls } from "./calls.ts";

const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/**
 * How long a call may be held before the alarm looks whether the object is still alive (A5): a second after it left, then
 * doubling while the very same calls are held. Nothing but the alarm wakes a killed object.
 */
export class Watchdog {
  #ms = FIRST_MS;
  #seen = -1;

  /** Before anything has left. */
  readonly startMs = FIRST_MS;

  delay(calls: Pick<Calls, "started">): number {
    if (calls.started !== this.#seen) {
      this.#seen = calls.started;
      this.#ms = FIRST_MS;
    }
    return this.#ms;
  }

  /** The alarm rang while the same calls were held. */
  backOff(calls: Pick<Calls, "started">): void {
    if (calls.started === this.#seen) this.#ms = Math.min(LAST_MS, this.#ms * 2);
  }
}
