/** At most so many calls wait for their response's headers in one object: six outbound requests may, and others need some (A7). */
export const MAX_WAITING_CALLS = 4;
/** How often the queue is looked at while calls wait. */
const LOOK_MS = 50;
/** Another object costs more than a short wait: a call is sent through one only if it would wait longer than this for a slot. */
const LONGEST_WAIT_MS = 500;
/** How many are sent through others at the first look; twice as many at each further one. A wrong guess at the start is cheap. */
const FIRST_DIVERTED = 8;

export interface SlotRequest {
  /** Leaves from here; `release` is to be called once it no longer waits for headers, any number of times. */
  run(release: () => void): void;
  /** At the pace at which slots come free, this one would come too late. */
  divert(): void;
}

/** Gives slots in the order they were asked for. */
export class CallSlots {
  readonly #after: (delayMs: number, run: () => void) => void;
  readonly #waiting = new Set<SlotRequest>();
  #taken = 0;
  #isTimed = false;
  /** Slots that came free since the queue was last looked at. */
  #freed = 0;
  #quota = FIRST_DIVERTED;

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
      this.#freed += 1;
      this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (!first) return;
    this.#waiting.delete(first);
    this.#start(first);
  }

  /** One timer for all that wait. Those at the front keep their place as long as the pace of the last while lets them in soon. */
  #watch(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#freed = 0;
    this.#after(LOOK_MS, () => {
      this.#isTimed = false;
      const patient = this.#freed * (LONGEST_WAIT_MS / LOOK_MS);
      const diverted = [...this.#waiting].slice(patient, patient + this.#quota);
      for (const request of diverted) {
        this.#waiting.delete(request);
        request.divert();
      }
      this.#quota = diverted.length > 0 ? this.#quota * 2 : FIRST_DIVERTED;
      if (this.#waiting.size > 0) this.#watch();
    });
  }
}
