/** What must hold of signals in every journal. */
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { RunEvent } from "../../src/core/run/event.ts";
import { isWithin } from "../../src/core/run/match-signals.ts";
import type { ActiveTask, RunTree } from "../../src/core/run/state.ts";
import { check } from "./simulation-failure.ts";

export class SignalInvariants {
  readonly #received = new Map<number, Extract<RunEvent, { kind: "signal_received" }>>();
  readonly #taken = new Set<number>();
  readonly #ids = new Set<string>();

  /** Before the row is applied to `tree`. `before`: the task it is about. */
  appended(tree: RunTree, { seq, at, event }: JournalEntry, before: ActiveTask | undefined): void {
    const where = () => `row ${seq} ${JSON.stringify(event)}`;
    if (event.kind === "signal_received") {
      const id = `${event.run} ${event.signalId}`;
      check(!this.#ids.has(id), () => `${where()}: its id was seen before`);
      this.#ids.add(id);
      this.#received.set(seq, event);
    }
    if (event.kind === "signal_awaited") {
      check(event.until === undefined || event.until > at, () => `${where()} has no time left`);
      check(!before || before.kind === "backing_off", () => `${where()}: the step is under way`);
    }
    if (before?.kind !== "awaiting") return;
    if (event.kind === "attempt_failed" || (event.kind === "step_completed" && event.from === undefined)) {
      check(before.until !== undefined && at >= before.until, () => `${where()} gave up early`);
    } else if (event.kind === "step_completed") {
      const signal = this.#received.get(event.from ?? 0);
      check(signal?.name === before.name, () => `${where()} took something else than its signal`);
      check(isWithin(tree, event.run, signal?.run ?? -1), () => `${where()} took a signal to another run`);
      check(!this.#taken.has(event.from ?? 0), () => `${where()}: its signal was taken before`);
      this.#taken.add(event.from ?? 0);
    }
  }
}
