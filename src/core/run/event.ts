/**
 * What can happen to a run tree, in the past tense. These are the rows of the journal: the state is rebuilt from them alone.
 * Values (inputs, results, errors) lie beside the event in the same row, so that memory can hold sequence numbers instead.
 */

import type { Outcome } from "../../protocol/flow-result.ts";
import type { BlobId, FlowId, Namespace, RunId } from "../../protocol/ids.ts";
import type { RunOrigin, RunStatus } from "../../protocol/run.ts";
import type { CachedCall } from "../ports/transport.ts";
import type { ComponentBounds } from "./component-bounds.ts";

/**
 * Position of a task in the tree: run ordinal, item, step, and the element inside a `foreach` step. With `undo` it is a
 * compensation, and `step` its place in the item's queue of them.
 */
export interface TaskAddress {
  readonly run: number;
  readonly item: number;
  readonly step: number;
  readonly element?: number;
  readonly undo?: true;
}

export type CompensationReason = "failed" | "cancelled" | "stopped";
/** An approval that somebody is being told of before it is waited for. */
export interface Notice {
  /** The attempt with which the asking began. */
  readonly asking: number;
  /** How long is waited then, milliseconds. */
  readonly timeoutMs: number;
  /** Row of the `ApprovalRequest`. */
  readonly requestSeq: number;
}

export type ApprovalDecision = "approved" | "rejected";
export type RetryClass = "transport" | "component";
export type EndStatus = Extract<RunStatus, "completed" | "failed" | "cancelled">;

/** Who holds a run: whoever asked for it, or the run that it belongs to, being paused itself. */
export type PausedBy = "request" | "parent";

/** The run that this one belongs to, in an object of its own. */
export interface ParentRun {
  readonly runId: RunId;
  /** Of the whole nesting. */
  readonly rootRunId: RunId;
  /** Of the run that was started. */
  readonly depth: number;
  /** Absent: a worker started it from a step of that run. Else it is a part of that run: its items from `firstItem` on. */
  readonly chunk?: { readonly index: number; readonly firstItem: number };
}

/** Texts that are taken out of whatever is shown; "too_many": every text is. */
export type KnownSecrets = readonly string[] | "too_many";

export type RunEvent =
  /** Value: canonical flow document. */
  | { readonly kind: "flow_recorded"; readonly flowId: FlowId }
  /** The root. Value: variables, if given. `planId`: the flow after overrides. */
  | {
      readonly kind: "run_created";
      readonly runId: RunId;
      readonly namespace: Namespace;
      readonly flowId: FlowId;
      readonly planId: FlowId;
      readonly itemCount: number;
      readonly maxConcurrency: number;
      readonly labels: Readonly<Record<string, string>>;
      readonly files: Readonly<Record<string, BlobId>>;
      readonly deadlineAt?: number;
      readonly bodyHash?: string;
      readonly maxActiveItems?: number;
      /** Items that may fail; one more, and the run is given up. */
      readonly maxFailures?: number;
      readonly parent?: ParentRun;
      readonly origin?: RunOrigin;
      readonly allowComponents?: ComponentBounds;
      /** Those that it was handed by the run it belongs to or comes from; its own lie in its variables and inputs. */
      readonly secrets?: KnownSecrets;
    }
  /** A sub-run, round `round` of the task `parent`. Value: its variables, if it has its own. */
  | {
      readonly kind: "sub_run_created";
      readonly run: number;
      readonly parent: TaskAddress;
      readonly round: number;
      readonly flowId: FlowId;
      readonly planId: FlowId;
      readonly itemCount: number;
      readonly ownVariables: boolean;
      /** Its own and those of the run above. */
      readonly allowComponents?: ComponentBounds;
      readonly maxActiveItems?: number;
      readonly maxFailures?: number;
      readonly deadlineAt?: number;
    }
  /** A worker starts a run from inside a step of run `run`; it lives in an object of its own. `item`: of that step, where known. */
  | {
      readonly kind: "child_submitted";
      readonly run: number;
      readonly item?: number;
      /** The step is a compensation. */
      readonly undo?: true;
      readonly childRunId: RunId;
      readonly flowId: FlowId;
      readonly itemCount: number;
    }
  /** Items follow their run's creation without a gap, in order. Value: the item's input. */
  | { readonly kind: "item_added"; readonly run: number; readonly item: number }
  /** The item's time begins; only where its flow has an `itemTimeout`. */
  | { readonly kind: "item_started"; readonly run: number; readonly item: number; readonly deadlineAt: number }
  /** Instead of its items: so many of a large run's from `first` on. Value: their inputs, an array. */
  | { readonly kind: "chunk_added"; readonly run: number; readonly first: number; readonly count: number }
  /** It runs in an object of its own from here on, with `share` of the tree's places and `items` of the run's. */
  | {
      readonly kind: "chunk_started";
      readonly run: number;
      readonly chunk: number;
      readonly slot: number;
      readonly share: number;
      readonly items?: number;
    }
  /**
   * Terminal for the chunk. Value: the results of its items, an array, where a step waits for them; `bytes`: how much that is,
   * also where it is too much to be kept. `refused`: it was never run; value: the error of all its items.
   */
  | {
      readonly kind: "chunk_completed";
      readonly run: number;
      readonly chunk: number;
      readonly status: EndStatus;
      readonly success: number;
      readonly failed: number;
      readonly skipped: number;
      readonly bytes?: number;
      readonly refused?: true;
    }
  /** An attempt leaves the object. */
  | (TaskAddress & {
      readonly kind: "step_started";
      readonly attempt: number;
      readonly deadlineAt: number;
      /** It tells somebody of an approval that is then waited for. Value: the `ApprovalRequest`. */
      readonly notice?: Pick<Notice, "asking" | "timeoutMs">;
    })
  /** The worker took the attempt over and reports later; again with each sign of life of it. */
  | (TaskAddress & {
      readonly kind: "attempt_handed_over";
      readonly attempt: number;
      readonly deadlineAt: number;
      /** Whoever waits for the result gets it with the report. */
      readonly cache?: CachedCall;
    })
  /** How far it has come, as its worker told. Value: that. */
  | (TaskAddress & { readonly kind: "attempt_progress"; readonly attempt: number })
  /** What it came to was reported: `digest` of the report, so that the same report again is known. */
  | (TaskAddress & { readonly kind: "attempt_reported"; readonly attempt: number; readonly digest: string })
  /** A durable timer. Value: what the step gives when it fires. */
  | (TaskAddress & { readonly kind: "step_waiting"; readonly until: number })
  /** Waits for a signal, or for a decision. Value: what fits (`WaitDocument`, `ApprovalRequest`), unless it lies in the row `from`. */
  | (TaskAddress & {
      readonly kind: "signal_awaited";
      readonly attempt: number;
      /** Absent: an approval. */
      readonly name?: string;
      readonly until?: number;
      /** Of an approval: the attempt with which the asking began. */
      readonly asking?: number;
      readonly from?: number;
    })
  /** Kept at run `run` until a wait takes it: that step's `step_completed` then has it as `from`. Value: the payload. */
  | {
      readonly kind: "signal_received";
      readonly run: number;
      readonly name: string;
      readonly signalId?: string;
    }
  /** Value: what the approval comes to. */
  | (TaskAddress & {
      readonly kind: "approval_decided";
      readonly asking: number;
      readonly decision: ApprovalDecision;
      readonly by?: string;
    })
  /** Value: the array. `reused`, here and below: taken over from the run of `origin`, before anything ran. */
  | (TaskAddress & { readonly kind: "foreach_expanded"; readonly count: number; readonly reused?: true })
  /** An attempt failed and another one is decided. Value: the error. */
  | (TaskAddress & {
      readonly kind: "attempt_failed";
      readonly attempt: number;
      readonly retryAt: number;
      readonly class: RetryClass;
    })
  /** Terminal for the task. Value: its result or error, unless it lies in the earlier row `from`. */
  | (TaskAddress & {
      readonly kind: "step_completed";
      readonly outcome: Outcome;
      readonly attempt: number;
      /** The component itself succeeded, and the step has a `compensate`. */
      readonly undoable?: true;
      readonly from?: number;
      /** The result is that of an earlier call. */
      readonly cached?: true;
      /** What was odd about the call but did not matter to the component. */
      readonly warnings?: readonly string[];
      readonly reused?: true;
    })
  /**
   * The item will not go on; what it and the runs below it have done is undone. Value: the item's error, if it failed.
   * `stopped`: only waits for compensations below; its own part is undone by an item above.
   */
  | {
      readonly kind: "compensation_started";
      readonly run: number;
      readonly item: number;
      readonly reason: CompensationReason;
      readonly expired?: true;
    }
  | { readonly kind: "compensation_completed"; readonly run: number; readonly item: number }
  /** Nothing of the run starts any more; it ends like this once its compensations are through. */
  | { readonly kind: "run_stopping"; readonly run: number; readonly status: EndStatus; readonly outcome?: Outcome }
  /** Terminal for the item. Value as above. `expired`: its time, or its run's, was up. */
  | {
      readonly kind: "item_completed";
      readonly run: number;
      readonly item: number;
      readonly outcome: Outcome;
      readonly from?: number;
      readonly expired?: true;
      readonly reused?: true;
    }
  | { readonly kind: "cancel_requested"; readonly run: number }
  /** Of the root: from here to `run_resumed` nothing of the tree starts. */
  | { readonly kind: "run_paused"; readonly run: 0; readonly by: PausedBy }
  | { readonly kind: "run_resumed"; readonly run: 0; readonly by: PausedBy }
  /** Terminal for the run. */
  | { readonly kind: "run_completed"; readonly run: number; readonly status: EndStatus; readonly outcome?: Outcome };
