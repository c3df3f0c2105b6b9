/**
 * The object's one alarm (A5). It may ring earlier than the next due time, never later; it is only ever moved earlier, since
 * moving it costs a write. A ring with nothing due arms it again.
 */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

export class AlarmClock {
  readonly #storage: AlarmStorage;
  #armedAt: number | undefined;

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  /** Learns what an earlier life of the object armed. */
  async load(): Promise<void> {
    this.#armedAt = (await this.#storage.getAlarm()) ?? undefined;
  }

  /** Makes sure it rings at `at` (epoch ms) or before. Written together with the events of the same turn. */
  ringBy(at: number): void {
    if (this.#armedAt !== undefined && this.#armedAt <= at) return;
    this.#armedAt = at;
    void this.#storage.setAlarm(at);
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
