import type { Outcome } from "../../protocol/flow-result.ts";
import type { BlobId, FlowId, Namespace, RunId, TaskId } from "../../protocol/ids.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Progress } from "../../protocol/progress.ts";
import type { RunOrigin, ToleratedFailures } from "../../protocol/run.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { Plan } from "../plan/index.ts";
import type { StoredValue } from "../ports/journal.ts";
import type { TaskOutcome } from "../ports/task-outcome.ts";
import type { AttemptCall, CachedCall } from "../ports/transport.ts";
import type { Value } from "../ports/value.ts";
import type { ReusedItem } from "../reuse/index.ts";
import type { ComponentBounds } from "./component-bounds.ts";
import type { ApprovalDecision, EndStatus, KnownSecrets, ParentRun, PausedBy, TaskAddress } from "./event.ts";

/** What may be asked of a run. There is no other way to change one. */
export type Command =
  | {
      readonly kind: "start_run";
      readonly runId: RunId;
      readonly namespace: Namespace;
      readonly flowId: FlowId;
      /** The flow after overrides. */
      readonly plan: Plan;
      /** Canonical texts of the flow, and of that after overrides if it differs. */
      readonly flows: ReadonlyMap<FlowId, string>;
      readonly inputs: readonly Json[];
      readonly variables?: JsonObject;
      readonly maxConcurrency: number;
      readonly toleratedFailures?: ToleratedFailures;
      readonly labels: Readonly<Record<string, string>>;
      readonly files: Readonly<Record<string, BlobId>>;
      readonly bodyHash?: string;
      readonly parent?: ParentRun;
      readonly secrets?: KnownSecrets;
      /** What it takes over from an earlier run. `inputs`, `variables`: as they lie there, instead of those above. */
      readonly takeOver?: {
        readonly origin: RunOrigin;
        readonly inputs?: readonly StoredValue[];
        readonly variables?: StoredValue;
        readonly items: readonly ReusedItem[];
      };
      /** Of a chunk: what its run has of its own bounds. */
      readonly maxActiveItems?: number;
      readonly deadlineAt?: number;
      /** The flow has been held against them. */
      readonly allowComponents?: ComponentBounds;
    }
  /** A worker is about to start a run from a step of run `run`. Refused (no event) once that run, or the step's item, has ended. */
  | {
      readonly kind: "submit_child";
      readonly run: number;
      readonly item?: number;
      /** The step is a compensation. */
      readonly undo?: true;
      readonly childRunId: RunId;
      readonly flowId: FlowId;
      readonly itemCount: number;
    }
  /** A transport's verdict. Dropped unless exactly this attempt is under way. */
  | {
      readonly kind: "settle_attempt";
      readonly task: TaskAddress;
      readonly attempt: number;
      readonly outcome: TaskOutcome;
      /** Of a report by a worker that has taken the task over: kept, so that the same one is known again. */
      readonly digest?: string;
    }
  /** The worker has taken the attempt over, or gives a sign of life. Dropped like a late reply. */
  | {
      readonly kind: "hand_over_attempt";
      readonly task: TaskAddress;
      readonly attempt: number;
      readonly deadlineAt: number;
      /** Of the call; absent in a sign of life. */
      readonly cache?: CachedCall;
    }
  /** The worker tells how far it has come. Dropped like a late reply. */
  | {
      readonly kind: "note_progress";
      readonly task: TaskAddress;
      readonly attempt: number;
      readonly progress: Progress;
    }
  /** Whoever held the call is gone without a reply: it is sent again. */
  | { readonly kind: "lose_attempt"; readonly task: TaskAddress; readonly attempt: number }
  /** Looks for due timers. */
  | { readonly kind: "fire_timers" }
  /** Blobs asked for by `fetch_blobs`; `undefined`: there is no such blob. */
  | {
      readonly kind: "supply_blobs";
      readonly blobs: ReadonlyMap<BlobId, { readonly json: Json; readonly bytes: number } | undefined>;
    }
  | { readonly kind: "cancel_run"; readonly run: number }
  /** The whole tree. Without effect (no event) where it is so already, or the root has ended. */
  | { readonly kind: "pause_run" | "resume_run"; readonly by: PausedBy }
  /** A chunk has ended in its own object, or is refused there. Dropped unless it is active. */
  | { readonly kind: "end_chunk"; readonly run: number; readonly chunk: number; readonly end: ChunkEnd }
  | SignalCommand
  /** After a load: attempts that were under way are unknown and are sent again. */
  | { readonly kind: "recover" }
  /** Goes on after a turn that ended with `more`. */
  | { readonly kind: "proceed" };

export type ChildAction = "cancel" | "pause" | "resume";
export type SignalCommand =
  /** For the waits of run `run` and of those below it. Dropped if `signalRefusal` says so. */
  | {
      readonly kind: "signal_run";
      readonly run: number;
      readonly name: string;
      readonly signalId?: string;
      readonly value: Value;
    }
  /** Dropped unless exactly this asking is open. `data` fits the form. */
  | {
      readonly kind: "decide_approval";
      readonly task: TaskAddress;
      readonly asking: number;
      readonly decision: ApprovalDecision;
      readonly by?: string;
      readonly comment?: string;
      readonly data?: Json;
      /** The asking says that a rejection fails the step. */
      readonly rejectFails: boolean;
    };

export type ChunkEnd =
  | {
      readonly kind: "ended";
      readonly status: EndStatus;
      readonly counts: Readonly<Record<Outcome, number>>;
      /** Of a map's chunk: how much JSON its results are, and the results themselves unless they are too much. */
      readonly bytes?: number;
      readonly results?: StoredValue;
    }
  | { readonly kind: "refused"; readonly error: TaskError };

/** What the shell has to do once the turn's events are durable. */
export type Effect =
  | { readonly kind: "call"; readonly task: TaskAddress; readonly call: AttemptCall }
  | { readonly kind: "abort_call"; readonly task: TaskAddress; readonly attempt: number }
  /** A worker has taken a cached call over until then: whoever waits for its result is told. */
  | {
      readonly kind: "hold_cache";
      readonly taskId: TaskId;
      readonly attempt: number;
      readonly cache: CachedCall;
      readonly until: number;
    }
  /** A call that a worker had taken over has come to its end; without a value, to nothing. */
  | {
      readonly kind: "settle_cache";
      readonly taskId: TaskId;
      readonly attempt: number;
      readonly cache: CachedCall;
      readonly value?: Value;
    }
  /** Answer with `supply_blobs`. */
  | { readonly kind: "fetch_blobs"; readonly blobs: readonly BlobId[] }
  /** Keep a sub-flow that was given inline, so that it can be read by its id. */
  | { readonly kind: "store_flow"; readonly flowId: FlowId; readonly text: string }
  /** What is asked of a run is asked of those that its workers started, in objects of their own. */
  | { readonly kind: "control_child"; readonly runId: RunId; readonly action: ChildAction }
  /** `start`: it is new; `follow`: it may have been started, and may have ended; `cancel`: so may it, and its run has ended. Answer with `end_chunk`. */
  | {
      readonly kind: "tend_chunk";
      readonly run: number;
      readonly chunk: number;
      readonly intent: "start" | "follow" | "cancel";
    }
  | { readonly kind: "run_ended"; readonly run: number };
