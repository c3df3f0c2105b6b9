/**
 * The object's one alarm (A5). It may ring earlier than the next due time, never later; it is only ever moved earlier, since
 * moving it costs a write. A ring with nothing due arms it again; an alarm that is long overdue is lost, and is armed again by
 * the next wake of the object.
 */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/** The platform may ring this much late without having forgotten. */
const OVERDUE_MS = 10_000;

export class AlarmClock {
  readonly #storage: AlarmStorage;
  readonly #now: () => number;
  #armedAt: number | undefined;

  constructor(storage: AlarmStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  /** Learns what an earlier life of the object armed. */
  async load(): Promise<void> {
    this.#armedAt = (await this.#storage.getAlarm()) ?? undefined;
  }

  /** Makes sure it rings at `at` (epoch ms) or before. Written together with the events of the same turn. */
  ringBy(at: number): void {
    const ringAt = Math.max(at, this.#now());
    if (this.#armedAt !== undefined && this.#armedAt <= ringAt && !this.isLost) return;
    this.#armedAt = ringAt;
    void this.#storage.setAlarm(this.#armedAt);
  }

  /** It should have rung long ago. */
  get isLost(): boolean {
    return this.#armedAt !== undefined && this.#armedAt + OVERDUE_MS < this.#now();
  }

  /** Nothing is left to wake up for: cheaper than a ring for nothing. */
  disarm(): void {
    if (this.#armedAt === undefined) return;
    this.#armedAt = undefined;
    void this.#storage.deleteAlarm();
  }

  /** It has just rung, or was erased with the whole storage. */
  forget(): void {
    this.#armedAt = undefined;
  }
}
