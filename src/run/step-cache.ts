/**
 * Calls whose step has a `cache` pass through here before they take a slot: a result that is there is used, a call that is
 * under way elsewhere is waited for, and what this run calls itself is kept for others. A cache that cannot be reached never
 * keeps a call from being made.
 */
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { StoredValue } from "../core/ports/journal.ts";
import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { AttemptCall, CachedCall } from "../core/ports/transport.ts";
import type { Value } from "../core/ports/value.ts";
import { storeValue } from "../dispatch/store-value.ts";
import type { Namespace, TaskId } from "../protocol/ids.ts";
import type { CacheAnswer, CacheApi } from "./cache-api.ts";
import type { CallEnd } from "./call-end.ts";
import { retryLostCall } from "./retry-lost-call.ts";

type Found = Extract<TaskOutcome, { kind: "success" }>;

export class StepCache {
  /** Anew for each request: what has failed once does not recover. */
  readonly #object: (namespace: Namespace, key: string) => CacheApi;
  readonly #blobs: BlobStore;

  constructor(object: (namespace: Namespace, key: string) => CacheApi, blobs: BlobStore) {
    this.#object = object;
    this.#blobs = blobs;
  }

  /** The cached result, or what `execute` comes to. Once `signal` aborts, others are not kept waiting; the end does not matter. */
  async through(
    call: AttemptCall,
    cache: CachedCall,
    signal: AbortSignal,
    execute: () => Promise<CallEnd>,
  ): Promise<CallEnd> {
    const object = () => this.#object(call.namespace, cache.key);
    const aborted = new Promise<CallEnd>((resolve) => {
      signal.addEventListener("abort", () => resolve({ kind: "lost" }), { once: true });
    });
    const found = await Promise.race([this.#find(object, call, cache, signal), aborted]);
    if (found?.kind === "success" || signal.aborted) return found ?? { kind: "lost" };
    const end = await Promise.race([execute(), aborted]);
    if (signal.aborted) void this.#release(object, call.taskId, call.attempt);
    else if (end.kind === "success") await this.#put(object, end.value, cache.ttlMs);
    else if (end.kind === "handed_over") return { ...end, cache };
    // A call that was lost is sent again by this run, which leads until then.
    else if (end.kind !== "lost") await this.#release(object, call.taskId, call.attempt);
    return end;
  }

  /** The worker that has taken a call over has it until then. */
  async hold(namespace: Namespace, key: string, taskId: TaskId, attempt: number, until: number): Promise<void> {
    await retryLostCall(() => this.#object(namespace, key).hold(taskId, attempt, until)).catch(() => undefined);
  }

  /** What such a worker has reported; without a value, nothing came of it. */
  async settle(
    namespace: Namespace,
    { key, ttlMs }: CachedCall,
    taskId: TaskId,
    attempt: number,
    value: Value | undefined,
  ): Promise<void> {
    const object = () => this.#object(namespace, key);
    await (value ? this.#put(object, value, ttlMs) : this.#release(object, taskId, attempt));
  }

  /** `undefined`: the call is to be made. */
  async #find(
    object: () => CacheApi,
    { taskId, attempt, deadlineAt }: AttemptCall,
    { ttlMs }: CachedCall,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    for (;;) {
      const ask = () => object().acquire({ taskId, attempt, deadlineAt, ttlMs });
      const answer = await retryLostCall(ask).catch((): CacheAnswer => ({ kind: "bypass" }));
      if (signal.aborted && answer.kind === "lead") void this.#release(object, taskId, attempt);
      if (signal.aborted) return undefined;
      switch (answer.kind) {
        case "hit":
          return this.#read(answer.value);
        case "lead":
        case "bypass":
          return undefined;
        case "ask_again":
          break;
      }
    }
  }

  /** A pointer whose blob has been removed is no result. */
  async #read(stored: StoredValue): Promise<Found | undefined> {
    if (stored.kind === "text") {
      return {
        kind: "success",
        cached: true,
        value: { kind: "inline", json: JSON.parse(stored.text), text: stored.text },
      };
    }
    const head = await this.#blobs.head(stored.blob).catch(() => undefined);
    return head && { kind: "success", cached: true, value: stored };
  }

  /** Before the step completes: should the run be lost in between, it finds its own result. */
  async #put(object: () => CacheApi, value: Value, ttlMs: number): Promise<void> {
    try {
      const kept = value.kind === "inline" ? await storeValue(value.json, this.#blobs) : value;
      const stored: StoredValue =
        kept.kind === "inline" ? { kind: "text", text: kept.text ?? JSON.stringify(kept.json) } : kept;
      await retryLostCall(() => object().put(stored, ttlMs));
    } catch {
      // The run has its result; the next one makes the call again.
    }
  }

  async #release(object: () => CacheApi, taskId: TaskId, attempt: number): Promise<void> {
    await retryLostCall(() => object().release(taskId, attempt)).catch(() => undefined);
  }
}
