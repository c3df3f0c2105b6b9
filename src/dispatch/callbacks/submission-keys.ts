import type { AttemptCall } from "../../core/ports/transport.ts";

/**
 * Keys for the runs that workers without sub-flow keys submit (D1, D2): the n-th submission of the same flow and inputs during a
 * call. A worker that is called again repeats its submissions, so each finds the run it came to before.
 */
export class SubmissionKeys {
  readonly #counts = new WeakMap<AttemptCall, Map<string, number>>();

  /** `content`: what is submitted, as text. */
  next(call: AttemptCall, content: string): string {
    const counts = this.#counts.get(call) ?? new Map<string, number>();
    this.#counts.set(call, counts);
    const count = counts.get(content) ?? 0;
    counts.set(content, count + 1);
    return `#${count}`;
  }
}
