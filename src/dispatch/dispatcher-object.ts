/**
 * A Durable Object that makes calls for a run whose own object has no slot left for them (A7): it has slots of its own. Named
 * `<namespace>/<root run id>/<index>`. In come calls, out go outcomes; it stores nothing, and what it holds is lost with it.
 */
import { DurableObject } from "cloudflare:workers";
import type { AttemptCall, AttemptReply, Transport } from "../core/ports/transport.ts";
import type { Namespace, TaskId } from "../protocol/ids.ts";
import type { Progress } from "../protocol/progress.ts";
import type { DispatcherApi } from "./dispatcher-api.ts";
import { ProgressRelay } from "./progress-relay.ts";

/** Makes the class from what the composition root reads out of the Worker's bindings. */
export function defineDispatcherObject<Env>(
  makeTransports: (env: Env) => (plugin: string, namespace: Namespace) => Transport,
  /** Tells the run what the worker of a call tells. */
  makeTell: (env: Env) => (call: AttemptCall, progress: Progress) => Promise<unknown>,
) {
  return class DispatcherObject extends DurableObject<Env> implements DispatcherApi {
    readonly #transport = makeTransports(this.env);
    readonly #tell = makeTell(this.env);
    readonly #underWay = new Map<string, AbortController>();

    async execute(call: AttemptCall): Promise<AttemptReply> {
      const key = keyOf(call.taskId, call.attempt);
      const controller = new AbortController();
      this.#underWay.set(key, controller);
      try {
        const relay = new ProgressRelay((progress) => this.#tell(call, progress));
        const note = (progress: Progress) => relay.note(progress);
        const transport = this.#transport(call.plugin, call.namespace);
        const reply = await transport.execute(call, controller.signal, undefined, note);
        // The next attempt is to know how far this one has come.
        if (reply.kind !== "success") await relay.told();
        return reply;
      } finally {
        this.#underWay.delete(key);
      }
    }

    async abort(taskId: TaskId, attempt: number): Promise<void> {
      this.#underWay.get(keyOf(taskId, attempt))?.abort();
    }
  };
}

function keyOf(taskId: TaskId, attempt: number): string {
  return `${taskId}/${attempt}`;
}
