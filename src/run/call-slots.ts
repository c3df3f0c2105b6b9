/** At most so many calls wait for their response's headers in one object: six outbound requests may, and others need some (A7). */
export const MAX_WAITING_CALLS = 4;
/** A call waits for a slot as long as this at least, and at most twice as long, before it leaves through another object. */
const PATIENCE_MS = 20;

export interface SlotRequest {
  /** Leaves from here; `release` is to be called once it no longer waits for headers, any number of times. */
  run(release: () => void): void;
  /** No slot came free in time. */
  divert(): void;
}

/** Gives slots in the order they were asked for. */
export class CallSlots {
  readonly #after: (delayMs: number, run: () => void) => void;
  readonly #waiting = new Set<SlotRequest>();
  #taken = 0;
  #isTimed = false;

  constructor(after: (delayMs: number, run: () => void) => void) {
    this.#after = after;
  }

  /** The returned function withdraws a request that is still waiting. */
  take(request: SlotRequest): () => void {
    if (this.#taken < MAX_WAITING_CALLS) {
      this.#start(request);
      return () => {};
    }
    this.#waiting.add(request);
    this.#watch();
    return () => this.#waiting.delete(request);
  }

  #start(request: SlotRequest): void {
    this.#taken += 1;
    let isHeld = true;
    request.run(() => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken -= 1;
      this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first) return;
    this.#waiting.delete(first);
    this.#start(first);
  }

  /** One timer for all that wait now; whoever comes later gets the next one. */
  #watch(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    const impatient = [...this.#waiting];
    this.#after(PATIENCE_MS, () => {
      this.#isTimed = false;
      for (const request of impatient) if (this.#waiting.delete(request)) request.divert();
      if (this.#waiting.size > 0) this.#watch();
    });
  }
}
