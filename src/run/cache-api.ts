import type { StoredValue } from "../core/ports/journal.ts";
import type { TaskId } from "../protocol/ids.ts";

/** An attempt that would rather use an earlier result than be made. */
export interface CacheAsk {
  readonly taskId: TaskId;
  readonly attempt: number;
  readonly deadlineAt: number;
  /** A result older than this is of no use, milliseconds. */
  readonly ttlMs: number;
}

export type CacheAnswer =
  | { readonly kind: "hit"; readonly value: StoredValue }
  /** Make the call and `put` its result, or `release`; until its deadline others wait. */
  | { readonly kind: "lead" }
  /** Make the call: whoever leads may take longer than this attempt can wait. */
  | { readonly kind: "bypass" }
  /** Ask again: something has changed, or the wait was long enough for one request. */
  | { readonly kind: "ask_again" };

/** What the object of one cached call offers to the runs that share it. */
export interface CacheApi {
  /** Waits while somebody else leads. A task that leads already leads again: it was lost and sent once more, or retried. */
  acquire(ask: CacheAsk): Promise<CacheAnswer>;
  /** From anybody: a result is a result. */
  put(value: StoredValue, ttlMs: number): Promise<void>;
  /** The worker has taken the leader's call over: until this time. */
  hold(taskId: TaskId, attempt: number, until: number): Promise<void>;
  /** Nothing came of it. Counts only from the attempt that leads. */
  release(taskId: TaskId, attempt: number): Promise<void>;
}
