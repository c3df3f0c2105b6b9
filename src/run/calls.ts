/** Attempts that have left this object and whose reply is awaited here. Memory only: after a restart they are unknown (A4). */

import type { AttemptCall, AttemptReply, Transport } from "../core/ports/transport.ts";
import type { TaskAddress } from "../core/run/event.ts";

export class Calls {
  readonly #underWay = new Map<string, { readonly controller: AbortController }>();
  readonly #settle: (task: TaskAddress, attempt: number, reply: AttemptReply) => void;
  /** Grows with every call that leaves: tells the watchdog whether the same calls are still held. */
  started = 0;

  constructor(settle: (task: TaskAddress, attempt: number, reply: AttemptReply) => void) {
    this.#settle = settle;
  }

  get count(): number {
    return this.#underWay.size;
  }

  /** Sends an attempt; its outcome comes back through `settle`, whatever happens. */
  send(task: TaskAddress, call: AttemptCall, transport: Transport): void {
    const key = keyOf(task, call.attempt);
    const controller = new AbortController();
    this.#underWay.set(key, { controller });
    this.started += 1;
    const settled = (reply: AttemptReply) => {
      if (this.#underWay.delete(key)) this.#settle(task, call.attempt, reply);
    };
    transport.execute(call, controller.signal).then(settled, (error: unknown) => {
      const message = `the transport of plugin '${call.plugin}' failed: ${error instanceof Error ? error.message : String(error)}`;
      settled({ kind: "failed", error: { code: "UNREACHABLE", message } });
    });
  }

  /** Tells an attempt to stop; its reply no longer counts. */
  abort(task: TaskAddress, attempt: number): void {
    const key = keyOf(task, attempt);
    this.#underWay.get(key)?.controller.abort();
    this.#underWay.delete(key);
  }

  abortAll(): void {
    for (const { controller } of this.#underWay.values()) controller.abort();
    this.#underWay.clear();
  }
}

function keyOf(task: TaskAddress, attempt: number): string {
  return `${task.run}/${task.item}/${task.step}/${task.element ?? ""}/${attempt}`;
}
