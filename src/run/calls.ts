/**
 * Attempts that have left this object, or are about to, and whose reply is awaited here. Memory only: after a restart they are
 * unknown (A4). Four may wait for headers in this object; those that find no slot in time leave through dispatcher objects (A7).
 */
import type { AttemptCall, AttemptReply, Transport } from "../core/ports/transport.ts";
import type { TaskAddress } from "../core/run/event.ts";
import type { Progress } from "../protocol/progress.ts";
import type { CallEnd } from "./call-end.ts";
import { CallSlots } from "./call-slots.ts";
import type { Dispatchers } from "./dispatchers.ts";
import type { StepCache } from "./step-cache.ts";

export class Calls {
  readonly #underWay = new Map<string, { readonly controller: AbortController; readonly withdraw: () => void }>();
  readonly #settle: (task: TaskAddress, attempt: number, end: CallEnd) => void;
  readonly #dispatchers: Pick<Dispatchers, "execute">;
  readonly #slots: CallSlots;
  readonly #cache: Pick<StepCache, "through"> | undefined;
  readonly #progress: ((task: TaskAddress, attempt: number, progress: Progress) => void) | undefined;
  /** Grows with every call that leaves: tells the watchdog whether the same calls are still held. */
  started = 0;

  constructor(
    settle: (task: TaskAddress, attempt: number, end: CallEnd) => void,
    dispatchers: Pick<Dispatchers, "execute">,
    after: (delayMs: number, run: () => void) => void,
    more: {
      readonly cache?: Pick<StepCache, "through">;
      /** What a worker tells while its call is held here. */
      readonly progress?: (task: TaskAddress, attempt: number, progress: Progress) => void;
    } = {},
  ) {
    this.#settle = settle;
    this.#dispatchers = dispatchers;
    this.#slots = new CallSlots(after);
    this.#cache = more.cache;
    this.#progress = more.progress;
  }

  get count(): number {
    return this.#underWay.size;
  }

  /** Sends an attempt; its outcome comes back through `settle`, whatever happens. */
  send(task: TaskAddress, call: AttemptCall, transport: Transport): void {
    const key = keyOf(task, call.attempt);
    const controller = new AbortController();
    const { signal } = controller;
    this.started += 1;
    const settled = (end: CallEnd) => {
      if (this.#underWay.delete(key)) this.#settle(task, call.attempt, end);
    };
    const failed = (error: unknown): AttemptReply => {
      const message = `the transport of plugin '${call.plugin}' failed: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "failed", error: { code: "UNREACHABLE", message } };
    };
    const entry = { controller, withdraw: () => {} };
    this.#underWay.set(key, entry);
    const leave = (end: (end: CallEnd) => void): void => {
      entry.withdraw = this.#slots.take({
        run: (release) => {
          const tell = (progress: Progress) => this.#progress?.(task, call.attempt, progress);
          void transport.execute(call, signal, release, tell).catch(failed).finally(release).then(end);
        },
        divert: () => {
          const lost = (): CallEnd => ({ kind: "lost" });
          void this.#dispatchers.execute(call, signal).catch(lost).then(end);
        },
      });
    };
    // A call that waits for the same one elsewhere holds no slot.
    if (this.#cache && call.cache)
      void this.#cache.through(call, call.cache, signal, () => new Promise(leave)).then(settled);
    else leave(settled);
  }

  /** Tells an attempt to stop; its reply no longer counts. */
  abort(task: TaskAddress, attempt: number): void {
    const key = keyOf(task, attempt);
    const entry = this.#underWay.get(key);
    this.#underWay.delete(key);
    entry?.withdraw();
    entry?.controller.abort();
  }

  abortAll(): void {
    const entries = [...this.#underWay.values()];
    this.#underWay.clear();
    for (const { withdraw } of entries) withdraw();
    for (const { controller } of entries) controller.abort();
  }
}

function keyOf(task: TaskAddress, attempt: number): string {
  return `${task.run}/${task.item}/${task.step}/${task.element ?? ""}/${task.undo ? "undo" : ""}/${attempt}`;
}
