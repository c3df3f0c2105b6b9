import type { AttemptCall } from "../../core/ports/transport.ts";
import type { FlowId, Namespace, RunId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { ItemResult, RunSummary } from "../../protocol/run.ts";

export interface ChildRun {
  readonly flowId: FlowId;
  /** One item each. */
  readonly inputs: readonly Json[];
  readonly overrides?: Json;
  readonly maxConcurrency?: number;
  /** Tells the submissions of one task apart. The same key with the same flow and inputs gives the same run. */
  readonly key: string;
}

export type RunAnswer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "not_found"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string };

/**
 * Runs as a worker reaches them while it executes. Calls survive the loss of the object that is asked; what is wrong with a
 * request is an answer, not a throw.
 */
export interface WorkerRuns {
  /** Starts a run below the call's own run, or finds the one that an earlier attempt has started. */
  submit(call: AttemptCall, child: ChildRun): Promise<RunAnswer<RunSummary>>;
  /** The run now, when `waitMs` have passed or when it has ended, whichever comes first. Throws once `signal` aborts. */
  summary(
    namespace: Namespace,
    runId: RunId,
    options: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<RunAnswer<RunSummary>>;
  /** The results of all items. */
  results(
    namespace: Namespace,
    runId: RunId,
    order: "by_index" | "by_completion",
  ): Promise<RunAnswer<readonly ItemResult[]>>;
}
