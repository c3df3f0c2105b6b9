import type { ComponentInfo } from "../../protocol/component.ts";
import type { BlobId, FlowId, Namespace, RunId, StepId, TaskId } from "../../protocol/ids.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Progress } from "../../protocol/progress.ts";
import type { TaskOutcome } from "./task-outcome.ts";

/** One attempt at one task, ready to leave the object. */
export interface AttemptCall {
  readonly taskId: TaskId;
  /** Task id and the number of decided retries: the same when a lost attempt is sent again. */
  readonly idempotencyKey: string;
  /** 1-based; grows over retries and recovery. */
  readonly attempt: number;
  readonly namespace: Namespace;
  readonly runId: RunId;
  readonly rootRunId: RunId;
  readonly flowId: FlowId;
  readonly stepId: StepId;
  readonly itemIndex: number;
  /** How deep its run is nested; 0 for one that nobody's step started. */
  readonly depth: number;
  readonly plugin: string;
  /** With leading slash, route prefix stripped. */
  readonly componentId: string;
  readonly pathParams?: JsonObject;
  readonly input: Json;
  /** Epoch milliseconds. The attempt is TIMEOUT when the engine's timer for it fires; a reply that is taken in before still counts. */
  readonly deadlineAt: number;
  /** The run's manifest: what `load_file` may read. */
  readonly files: Readonly<Record<string, BlobId>>;
  /** What its worker told last in the attempts before. */
  readonly lastProgress?: Progress;
  /** Its step has a `cache`: who has the same key shares the result. */
  readonly cache?: CachedCall;
}

export interface CachedCall {
  /** Lower-case hex SHA-256 of all that tells this call from others of its namespace. */
  readonly key: string;
  /** A result older than this is of no use here. */
  readonly ttlMs: number;
}

/** What comes back from an attempt that was sent. */
export type AttemptReply =
  | TaskOutcome
  /** The worker has taken the task over and reports later; after `withinMs` without a word the attempt times out. */
  | { readonly kind: "handed_over"; readonly withinMs: number };

/** Reaches the components of one plugin. Never throws for what the far side does: that is a `failed` outcome. */
export interface Transport {
  /**
   * `headersArrived`: told when the call no longer waits for a response to begin; it may go on for long after that. `progress`: told
   * what the worker tells while it works.
   */
  execute(
    call: AttemptCall,
    signal: AbortSignal,
    headersArrived?: () => void,
    progress?: (progress: Progress) => void,
  ): Promise<AttemptReply>;
  /** Throws an Error that says why when the worker cannot be asked. */
  listComponents(signal: AbortSignal): Promise<readonly ComponentInfo[]>;
}
