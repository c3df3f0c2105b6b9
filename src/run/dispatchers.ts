import type { AttemptCall, AttemptReply } from "../core/ports/transport.ts";
import type { DispatcherApi } from "../dispatch/dispatcher-api.ts";

/** Calls one dispatcher object makes at a time: they may all wait for headers, and each may need a blob or an answer beside. */
export const CALLS_PER_DISPATCHER = 5;

/**
 * The dispatcher objects of one run: calls for which the run's own object has no slot leave through them. They hold no state;
 * one that is lost loses its calls, and these are sent again. Fills the lowest one that has room, so that few are used.
 */
export class Dispatchers {
  readonly #dispatcher: (index: number) => DispatcherApi;
  readonly #busy: number[] = [];

  constructor(dispatcher: (index: number) => DispatcherApi) {
    this.#dispatcher = dispatcher;
  }

  /** Throws when the dispatcher is lost. */
  async execute(call: AttemptCall, signal: AbortSignal): Promise<AttemptReply> {
    const free = this.#busy.findIndex((count) => count < CALLS_PER_DISPATCHER);
    const index = free < 0 ? this.#busy.length : free;
    this.#busy[index] = (this.#busy[index] ?? 0) + 1;
    const dispatcher = this.#dispatcher(index);
    // A dispatcher that cannot be told to stop has nothing left to stop.
    const abort = (): void => void dispatcher.abort(call.taskId, call.attempt).catch(() => {});
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await dispatcher.execute(call);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#busy[index] = (this.#busy[index] ?? 1) - 1;
    }
  }
}
