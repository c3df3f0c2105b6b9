/**
 * What a run's Durable Object offers to the rest of the product (api, triggers). Only values pass: failures are data.
 * Whatever is answered to `start` … `waits` is without the secrets of the run, unless it is asked for `plain`.
 * Obtain a stub with `runStub(env, namespace, runId)`; every call names the run, since sub-runs live in their root's object.
 */

import type { StoredValue } from "../core/ports/journal.ts";
import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { Value } from "../core/ports/value.ts";
import type { RecordedEntry } from "../core/reuse/index.ts";
import type { ComponentBounds } from "../core/run/component-bounds.ts";
import type { KnownSecrets, ParentRun, PausedBy } from "../core/run/event.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import type { RunEventMessage } from "../protocol/event.ts";
import type { Outcome } from "../protocol/flow-result.ts";
import type { FlowId, Namespace, RunId, TaskId } from "../protocol/ids.ts";
import type { Progress } from "../protocol/progress.ts";
import type { ItemResult, RunOrigin, RunStatus, RunSubmission, RunSummary, StepRecord } from "../protocol/run.ts";
import type { RunWait } from "../protocol/wait.ts";
import type { ApprovalView, Decision } from "./approval-view.ts";

export interface StartRun {
  readonly namespace: Namespace;
  /** A root run id: its object is `<namespace>/<runId>`. */
  readonly runId: RunId;
  readonly flowId: FlowId;
  /** Canonical flow text when it is small (64 KiB); absent: the object reads the blob `flowId`. */
  readonly flowText?: string;
  readonly submission: RunSubmission;
  /** SHA-256 of the submitted body, when an idempotency key chose the run id. */
  readonly bodyHash?: string;
  /** A worker started it from inside a step of this run, or it is a chunk of it. */
  readonly parent?: ParentRun;
  /** Of a chunk: its run's deadline, and how many of its items may be active. */
  readonly bounds?: { readonly maxActiveItems?: number; readonly deadlineAt?: number };
  /** Which components the run, and all that comes of it, may name; absent: any. */
  readonly allowComponents?: ComponentBounds;
  /** Of the run it belongs to: taken out of whatever is shown of it too. */
  readonly secrets?: KnownSecrets;
  /** Answer when the run has ended or after this long, whichever comes first. 0 or absent: at once. */
  readonly waitMs?: number;
}

/** A new run that takes over what an earlier one of the namespace came to. */
export interface DerivedStart extends Omit<StartRun, "flowId" | "flowText" | "submission" | "parent"> {
  readonly origin: RunOrigin & { readonly runId: RunId };
  /** Ids of steps that run again, with all that refers to them. */
  readonly from?: readonly string[];
  /** `retry` only: the items that are retried, the others stay as they are. Absent: all that did not succeed. */
  readonly itemIndexes?: readonly number[];
  /** Absent: that of the earlier run, with its overrides. */
  readonly flow?: Pick<StartRun, "flowId" | "flowText">;
  /** What is absent is as in the earlier run. */
  readonly submission: Partial<RunSubmission>;
}

/** A run as others may take it over. */
export interface RecordedRun {
  readonly status: RunStatus;
  readonly outcome?: Outcome;
  readonly flowId: FlowId;
  readonly flowText: string;
  /** After overrides; absent if there were none. */
  readonly planText?: string;
  readonly variables?: StoredValue;
  readonly itemCount: number;
  readonly maxConcurrency: number;
  readonly maxFailures?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly secrets?: KnownSecrets;
  /** Items, and the indices of their steps that were undone: these run again. */
  readonly undone: readonly (readonly [item: number, steps: readonly number[]])[];
  readonly allowComponents?: ComponentBounds;
  /** The last event at this moment: what comes later is not taken over. */
  readonly seq: number;
}

export type RunFault =
  /** This namespace has no such run (or no longer). */
  | { readonly kind: "not_found" }
  /** The idempotency key was used with another body. */
  | { readonly kind: "conflict"; readonly message: string }
  /** Fatal diagnostics, unknown override target, flow blob missing: nothing was stored. */
  | {
      readonly kind: "invalid";
      readonly message: string;
      readonly diagnostics?: readonly Diagnostic[];
      readonly faults?: readonly RequestFault[];
    }
  /** The flow names a component that is not allowed to the run: nothing was stored. */
  | { readonly kind: "forbidden"; readonly message: string; readonly faults: readonly RequestFault[] }
  /** Not possible in this state: deleting a run that is still running, … */
  | { readonly kind: "precondition"; readonly message: string };
export type RunReply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: RunFault };

export interface TaskReport {
  readonly taskId: TaskId;
  readonly attempt: number;
  /** A large result is stored already. */
  readonly outcome: TaskOutcome;
}
export interface TaskSign {
  readonly taskId: TaskId;
  readonly attempt: number;
  /** Until the next word at the latest; absent: as last time. */
  readonly withinMs?: number;
  readonly progress?: Progress;
}
export type TaskHeartbeat =
  | { readonly active: true; readonly deadlineAt: string }
  /** The result is not wanted any more. */
  | { readonly active: false; readonly reason: string };

export interface SignalRun {
  readonly name: string;
  readonly signalId?: string;
  /** A large one is stored already. */
  readonly value: Value;
}

export interface RunObjectApi {
  /** Idempotent by run id: the same start again gives the same run (compare `created`). */
  start(
    request: StartRun | DerivedStart,
  ): Promise<
    RunReply<{ readonly summary: RunSummary; readonly results?: readonly ItemResult[]; readonly created: boolean }>
  >;
  summary(runId: RunId, options?: { readonly waitMs?: number }): Promise<RunReply<RunSummary>>;
  items(
    runId: RunId,
    options: {
      readonly order: "by_index" | "by_completion";
      readonly offset: number;
      readonly limit: number;
      /** With secrets: for workers, and for the run that this one is a part of. */
      readonly plain?: boolean;
    },
  ): Promise<RunReply<readonly ItemResult[]>>;
  /** Ordered by item, then step; `stepId` narrows to one step. */
  steps(
    runId: RunId,
    options: {
      readonly itemIndex?: number;
      readonly stepId?: string;
      readonly includeOutputs: boolean;
      readonly offset: number;
      readonly limit: number;
    },
  ): Promise<RunReply<readonly StepRecord[]>>;
  flow(
    runId: RunId,
    options?: { readonly plain?: boolean },
  ): Promise<RunReply<{ readonly flowId: FlowId; readonly flowText: string }>>;
  /** Events after `since`, at most `limit`. `ended`: the run's `run_completed` is among or before them. */
  events(
    runId: RunId,
    options: {
      readonly since: number;
      readonly limit: number;
      readonly includeResults: boolean;
      readonly includeSubRuns: boolean;
      /** With the links of approvals: whoever has them may decide. */
      readonly includeLinks?: boolean;
    },
  ): Promise<RunReply<{ readonly events: readonly RunEventMessage[]; readonly next: number; readonly ended: boolean }>>;
  cancel(runId: RunId): Promise<RunReply<RunSummary>>;
  /** Root runs only. */
  recordedRun(runId: RunId): Promise<RunReply<RecordedRun>>;
  /** Inputs, and results of these steps (by index) and of items, after `since` up to event `upTo`: in pages below what an RPC carries. */
  recordedEntries(
    runId: RunId,
    options: { readonly since: number; readonly upTo: number; readonly steps: readonly number[] },
  ): Promise<RunReply<{ readonly entries: readonly RecordedEntry[]; readonly next: number }>>;
  /** Root runs only, with their whole tree; a run that has ended is refused. `by`: "request" unless given. */
  pause(runId: RunId, by?: PausedBy): Promise<RunReply<RunSummary>>;
  resume(runId: RunId, by?: PausedBy): Promise<RunReply<RunSummary>>;
  /**
   * Durable once answered. `invalid`: it fits none of the steps that wait for it, and is not kept; `precondition`: the run has
   * ended, or has taken too many.
   */
  signal(runId: RunId, signal: SignalRun): Promise<RunReply<{ readonly accepted: true; readonly duplicate?: true }>>;
  /** What the run and those below it wait for, the oldest first; at most `limit` from `offset` on. */
  waits(
    runId: RunId,
    options: { readonly offset: number; readonly limit: number },
  ): Promise<RunReply<{ readonly waits: readonly RunWait[]; readonly more: boolean }>>;
  /** One asking of a step: what it asks, and what has become of it. `not_found`: nobody was ever asked that. */
  approval(taskId: TaskId, asking: number): Promise<RunReply<ApprovalView>>;
  /**
   * Durable once answered; the first decision counts, and the same one again of the same person is answered alike. `invalid`: the
   * form is not filled in as it should be; `precondition`: it was decided otherwise, or nothing can be decided any more.
   */
  decideApproval(
    taskId: TaskId,
    asking: number,
    decision: Decision,
  ): Promise<RunReply<{ readonly accepted: true; readonly repeated: boolean }>>;
  /** What an attempt came to that a worker took over. `conflict`: reported otherwise before; `precondition`: too late. */
  report(report: TaskReport): Promise<RunReply<{ readonly accepted: true; readonly repeated: boolean }>>;
  heartbeat(sign: TaskSign): Promise<RunReply<TaskHeartbeat>>;
  /**
   * Notes a run that a worker is about to start from inside a step of `runId`: a cancel reaches it from then on. Asked again after
   * the start, it tells whether a cancel came in between, and found nothing to cancel; a pause that did is passed on.
   */
  submitChild(
    runId: RunId,
    child: {
      readonly item: number;
      readonly undo?: true;
      readonly childRunId: RunId;
      readonly flowId: FlowId;
      readonly itemCount: number;
    },
  ): Promise<
    RunReply<{ readonly accepted: true; readonly secrets?: KnownSecrets; readonly allowComponents?: ComponentBounds }>
  >;
  /** A chunk of run `runId` has ended. Once it answers ok, that is in the journal of this run; a fault: ask again. */
  chunkEnded(runId: RunId, chunk: number): Promise<RunReply<{ readonly accepted: true }>>;
  /** Root runs only, with their chunks; a chunk only `withItsRun`. Refused while running. */
  delete(runId: RunId, options?: { readonly withItsRun?: boolean }): Promise<RunReply<{ readonly deleted: true }>>;
  /** WebSocket upgrade at `/watch?runId=…`: a text frame with the latest sequence number whenever events were appended. Hibernates. */
  fetch(request: Request): Promise<Response>;
}
