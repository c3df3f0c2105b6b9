import type { FlowResult, Outcome } from "./flow-result.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Progress } from "./progress.ts";
import type { TaskError } from "./task-error.ts";

export const RUN_STATUSES = ["running", "completed", "failed", "cancelled", "paused", "recoveryFailed"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const STEP_STATUSES = ["blocked", "runnable", "running", "completed", "skipped", "failed"] as const;
export type StepStatusName = (typeof STEP_STATUSES)[number];

export interface ItemCounts {
  readonly total: number;
  readonly completed: number;
  readonly running: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Items that ended skipped; they also count as `completed`. */
  readonly skipped: number;
}

export const ORIGIN_KINDS = ["retry", "rerun", "fork"] as const;
/** The run whose recorded results a run was started with, and what was asked of it. */
export interface RunOrigin {
  readonly kind: (typeof ORIGIN_KINDS)[number];
  readonly runId: string;
}

export interface CompensationCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** What undoes a step, or one element of it. Times are RFC 3339. */
export interface CompensationRecord {
  readonly elementIndex?: number;
  readonly component: string;
  readonly status: Extract<StepStatusName, "running" | "completed" | "failed">;
  readonly attempt?: number;
  readonly error?: TaskError;
  readonly journalSeqno: number;
  readonly startedAt: string;
  readonly completedAt?: string;
}

/** A run as the API shows it. Times are RFC 3339. */
export interface RunSummary {
  readonly runId: string;
  readonly flowId: string;
  readonly flowName?: string;
  readonly status: RunStatus;
  /** Once it has ended: failed if an item failed, else skipped if an item was skipped, else success. Absent when cancelled. */
  readonly outcome?: Outcome;
  readonly items: ItemCounts;
  /** Still running only because what it has done is being undone. */
  readonly compensating?: true;
  /** What was, and is to be, undone for its items; absent where that is nothing. */
  readonly compensations?: CompensationCounts;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly completedAt?: string;
  readonly rootRunId: string;
  readonly parentRunId?: string;
  readonly origin?: RunOrigin;
  readonly createdAtSeqno: number;
  readonly finishedAtSeqno?: number;
}

export interface ItemResult {
  readonly itemIndex: number;
  readonly status: "running" | "completed" | "failed" | "cancelled";
  /** Once it has ended (absent when cancelled). */
  readonly result?: FlowResult;
  readonly completedAt?: string;
}

export interface StepRecord {
  readonly stepId: string;
  readonly stepIndex: number;
  readonly itemIndex: number;
  readonly status: StepStatusName;
  readonly component: string;
  readonly attempt?: number;
  /** The output is that of an earlier call (the step's `cache`). */
  readonly cached?: true;
  /** What was odd about its call but did not matter to the component: an input that its schema does not describe. */
  readonly warnings?: readonly string[];
  /** What its worker told last of its progress. */
  readonly lastProgress?: Progress;
  /** Taken over from the run this one comes from: nothing was executed. */
  readonly reused?: boolean;
  /** The signal it waits for now. */
  readonly awaits?: string;
  readonly output?: Json;
  readonly error?: TaskError;
  /** Sequence number of the event that last changed it. */
  readonly journalSeqno: number;
  readonly startedAt?: string;
  readonly updatedAt?: string;
  readonly completedAt?: string;
  readonly compensations?: readonly CompensationRecord[];
}

/** Bounds on the items of a run that may fail before it is given up; the smaller one counts. */
export interface ToleratedFailures {
  readonly count?: number | undefined;
  /** Of all its items, 0 … 100. */
  readonly percentage?: number | undefined;
}

/** `POST /runs`, after the flow has been resolved. */
export interface RunSubmission {
  readonly inputs: readonly Json[];
  readonly variables?: JsonObject;
  readonly overrides?: Json;
  readonly maxConcurrency?: number;
  /** Absent: every item runs, however many fail. */
  readonly toleratedFailures?: ToleratedFailures;
  readonly labels?: Readonly<Record<string, string>>;
  /** What `load_file` may read: path → blob id. */
  readonly files?: Readonly<Record<string, string>>;
}
