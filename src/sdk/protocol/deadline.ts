import { ComponentError, messageOf } from "../component-error.ts";

/** Longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One signal for the caller's going and the time being over; `race` ends then, whether or not the component listens. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #stop: () => void;

  constructor(caller: AbortSignal, timeoutMs: number | undefined) {
    const cancel = () =>
      this.#controller.abort(
        caller.reason instanceof ComponentError
          ? caller.reason
          : new ComponentError(`cancelled: ${messageOf(caller.reason)}`, { code: "CANCELLED" }),
      );
    if (caller.aborted) cancel();
    caller.addEventListener("abort", cancel);
    const timer =
      timeoutMs === undefined || timeoutMs > MAX_TIMER_MS
        ? undefined
        : setTimeout(
            () => this.#controller.abort(new ComponentError(`no result within ${timeoutMs} ms`, { code: "TIMEOUT" })),
            timeoutMs,
          );
    this.#stop = () => {
      if (timer !== undefined) clearTimeout(timer);
      caller.removeEventListener("abort", cancel);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async race<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(this.signal.reason);
    if (this.signal.aborted) stop();
    this.signal.addEventListener("abort", stop);
    return Promise.race([work, promise]);
  }

  stop(): void {
    this.#stop();
  }
}
