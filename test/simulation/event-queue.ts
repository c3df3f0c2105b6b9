/** What will happen in the simulated world, by time; what falls on the same millisecond happens in the order it was planned. */
import TinyQueue from "tinyqueue";

/** When every simulated world begins, epoch milliseconds. */
export const START = 1_700_000_000_000;

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void | Promise<void>;
}

export class EventQueue {
  readonly #planned = new TinyQueue<Planned>([], (a, b) => a.at - b.at || a.order - b.order);
  #order = 0;

  plan(at: number, happen: Planned["happen"]): void {
    this.#planned.push({ at, order: this.#order++, happen });
  }

  next(): Planned | undefined {
    return this.#planned.pop();
  }
}
