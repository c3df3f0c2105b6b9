/**
 * The step cache of a simulated world: what calls came to, by key, no longer than their `ttl`. It also judges what the engine makes
 * of it: equal calls have equal keys and others have not, and whoever waits for a call that was taken over is told of its end.
 */
import { canonicalJson } from "../../src/core/json/canonical-json.ts";
import type { AttemptCall, CachedCall } from "../../src/core/ports/transport.ts";
import type { Value } from "../../src/core/ports/value.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import type { RunEvent } from "../../src/core/run/event.ts";
import type { RunTree } from "../../src/core/run/state.ts";
import { activeTask } from "../../src/core/run/state.ts";
import { stepAt } from "../../src/core/run/task.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { check } from "./simulation-failure.ts";
import { addressKey } from "./task-names.ts";

export class CacheWorld {
  readonly #results = new Map<string, { readonly value: Value; readonly at: number; readonly ttlMs: number }>();
  readonly #calls = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  /** What the call came to before; `undefined` if it is to be made. */
  lookUp({ key, ttlMs }: CachedCall, now: number): Value | undefined {
    const kept = this.#results.get(key);
    return kept && kept.at + Math.min(kept.ttlMs, ttlMs) > now ? kept.value : undefined;
  }

  keep({ key, ttlMs }: CachedCall, value: Value, at: number): void {
    this.#results.set(key, { value, at, ttlMs });
  }

  /** RUN-150, for calls that are named by their input, or by a key that stands in the flow. */
  checkKey(tree: RunTree, { task, call }: Extract<Effect, { kind: "call" }>): void {
    const policy = stepAt(tree, task).step.cache;
    check((call.cache === undefined) === (policy === undefined), () => `${call.taskId}: is it to be cached?`);
    if (!call.cache || !policy || (policy.key && policy.key.kind !== "literal")) return;
    const what = policy.key ? { key: policy.key.value } : { input: call.input };
    const named = nameOf(call, policy.scope === "flow", what);
    const { key } = call.cache;
    check((this.#calls.get(key) ?? named) === named, () => `two calls have the key ${key}: ${named}`);
    check((this.#keys.get(named) ?? key) === key, () => `one call has two keys: ${named}`);
    this.#calls.set(key, named);
    this.#keys.set(named, key);
  }

  /** Judged by the state before the turn: RUN-154 and RUN-155. */
  checkEffects(tree: RunTree, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "abort_call") continue;
      const active = activeTask(tree, effect.task);
      if (active?.kind !== "calling" || active.attempt !== effect.attempt || !active.cache) continue;
      const { key } = active.cache;
      check(
        effects.some((other) => other.kind === "settle_cache" && other.cache.key === key),
        () => `nobody who waits for ${addressKey(effect.task)} is told that it has ended`,
      );
    }
  }

  /** RUN-152 and RUN-135: a result is marked exactly where it is used, and then there is nothing to undo. */
  checkMark(event: Extract<RunEvent, { kind: "step_completed" }>, command: Command): void {
    const isOwn =
      command.kind === "settle_attempt" &&
      addressKey(command.task) === addressKey(event) &&
      command.attempt === event.attempt;
    const isHit = isOwn && command.outcome.kind === "success" && command.outcome.cached === true;
    check(
      isHit === (event.cached === true) || event.outcome !== "success",
      () => `${addressKey(event)} is not marked as what it is: cached ${String(isHit)}`,
    );
    check(!event.cached || !event.undoable, () => `${addressKey(event)} is to be undone although nobody called for it`);
  }
}

function nameOf(
  { plugin, componentId, pathParams, files, flowId }: AttemptCall,
  ofFlow: boolean,
  what: JsonObject,
): string {
  return canonicalJson({
    flow: ofFlow ? flowId : null,
    plugin,
    component: componentId,
    pathParams: { ...pathParams },
    ...what,
    files: { ...files },
  });
}
