import type { Outcome } from "./flow-result.ts";
import type { Json } from "./json.ts";
import type { Progress } from "./progress.ts";
import type { RunOrigin, RunStatus } from "./run.ts";
import type { TaskError } from "./task-error.ts";
import type { ApprovalAsked } from "./wait.ts";

interface EventBase {
  /** Strictly increasing over the whole run tree, not always by one; the cursor of a stream. */
  readonly sequenceNumber: number;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly runId: string;
}
interface StepEventBase extends EventBase {
  readonly itemIndex: number;
  readonly stepIndex: number;
  readonly stepId: string;
  /** The element, inside a `foreach` step. */
  readonly elementIndex?: number;
  /** It is not the step itself but what undoes it; `itemIndex` is the item that is undone. */
  readonly compensation?: true;
  /** The step's run, where that is a sub-run of the item's. */
  readonly compensatedRunId?: string;
}

interface ChunkEventBase extends EventBase {
  readonly chunkRunId: string;
  readonly firstItemIndex: number;
  readonly itemCount: number;
}

/** What `GET /runs/{id}/events` streams: one JSON object per event. */
export type RunEventMessage =
  | (EventBase & {
      readonly type: "run_created";
      readonly flowId: string;
      readonly itemCount: number;
      readonly origin?: RunOrigin;
    })
  | (EventBase & {
      readonly type: "sub_run_created";
      readonly parentRunId: string;
      readonly flowId: string;
      readonly itemCount: number;
    })
  /** Its `itemTimeout` runs from here. */
  | (EventBase & { readonly type: "item_started"; readonly itemIndex: number; readonly deadlineAt: string })
  /** A part of a run with many items, run by an object of its own: its events are those of run `chunkRunId`. */
  | (ChunkEventBase & { readonly type: "chunk_started" })
  | (ChunkEventBase & {
      readonly type: "chunk_completed";
      readonly status: RunStatus;
      readonly successful: number;
      readonly failed: number;
      readonly skipped: number;
    })
  | (StepEventBase & { readonly type: "step_started"; readonly attempt: number })
  /** For a time (`until` alone), for a signal (`awaits`), or for a decision (`approval`). */
  | (StepEventBase & {
      readonly type: "step_waiting";
      readonly until?: string;
      readonly awaits?: string;
      readonly approval?: ApprovalAsked;
    })
  /** `payload` only when asked for (`includeResults`). */
  | (EventBase & {
      readonly type: "signal_received";
      readonly name: string;
      readonly signalId?: string;
      readonly payload?: Json;
    })
  | (StepEventBase & {
      readonly type: "approval_decided";
      readonly decision: "approved" | "rejected";
      readonly by?: string;
    })
  /** An attempt failed and another one is due. */
  | (StepEventBase & {
      readonly type: "attempt_failed";
      readonly attempt: number;
      readonly retryAt: string;
      readonly error: TaskError;
    })
  /** The worker tells how far it has come; at most once a second for each task while it flows. */
  | (StepEventBase & Progress & { readonly type: "attempt_progress"; readonly attempt: number })
  /** `result` / `error` only when asked for (`includeResults`). */
  | (StepEventBase & {
      readonly type: "step_completed";
      readonly outcome: Outcome;
      /** It is the result of an earlier call (the step's `cache`). */
      readonly cached?: true;
      readonly warnings?: readonly string[];
      /** Taken over from the run of `origin`. */
      readonly reused?: boolean;
      readonly result?: Json;
      readonly error?: TaskError;
    })
  | (EventBase & {
      readonly type: "item_completed";
      readonly itemIndex: number;
      readonly outcome: Outcome;
      readonly reused?: boolean;
      readonly result?: Json;
      readonly error?: TaskError;
    })
  /**
   * The item will not go on: what it has done is undone. `stopped`: it waits for compensations below, its own part is undone by
   * an item above. `error`: why, only when asked for.
   */
  | (EventBase & {
      readonly type: "compensation_started";
      readonly itemIndex: number;
      readonly reason: "failed" | "cancelled" | "stopped";
      readonly error?: TaskError;
    })
  | (EventBase & { readonly type: "compensation_completed"; readonly itemIndex: number })
  | (EventBase & { readonly type: "cancel_requested" | "run_paused" | "run_resumed" })
  | (EventBase & { readonly type: "run_completed"; readonly status: RunStatus; readonly outcome?: Outcome });
