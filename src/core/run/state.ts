/**
 * The state of one run tree, held in memory while its object is awake. It owns statuses and the sequence numbers of the rows
 * in which values lie, never values. Only `evolve` changes it, and only by journaled events: replaying the journal gives the
 * same state. What can be derived (who waits for whom, what is ready) lies in the schedule, not here.
 */

import type { Outcome } from "../../protocol/flow-result.ts";
import type { BlobId, FlowId, Namespace, RunId } from "../../protocol/ids.ts";
import type { RunOrigin } from "../../protocol/run.ts";
import type { Plan } from "../plan/index.ts";
import type { CachedCall } from "../ports/transport.ts";
import type { ComponentBounds } from "./component-bounds.ts";
import type { CompensationReason, EndStatus, KnownSecrets, Notice, ParentRun, PausedBy, TaskAddress } from "./event.ts";
import type { SignalBook, WaitIndex } from "./signal-book.ts";
import { newWaitIndex } from "./signal-book.ts";

export interface RunTree {
  /** Last event applied; 0 before the first. */
  seq: number;
  /** Epoch milliseconds of that event. */
  at: number;
  /** Recorded flows: id → the row with the text. */
  readonly flowRows: Map<FlowId, number>;
  /** By ordinal. `runs[0]` is the root. */
  readonly runs: RunNode[];
  root: RootFacts | undefined;
  /** Attempts that left the object and have not settled. */
  calling: number;
  /** While there is one, nothing new starts. */
  pausedBy: readonly PausedBy[];
  /** The last pause or resume; 0 if there was none. */
  pausedSeq: number;
  /** Places that chunks in other objects have. */
  reserved: number;
  /** Who waits for which signal. */
  readonly waits: WaitIndex;
}

export interface RootFacts {
  readonly runId: RunId;
  readonly namespace: Namespace;
  readonly maxConcurrency: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, BlobId>>;
  readonly bodyHash: string | undefined;
  readonly parent: ParentRun | undefined;
  readonly origin: RunOrigin | undefined;
  /** Handed to it; without its own. */
  readonly secrets: KnownSecrets | undefined;
}

export interface RunNode {
  readonly ordinal: number;
  readonly depth: number;
  /** The flow as submitted; `plan.flowId` is that after overrides. */
  readonly flowId: FlowId;
  readonly plan: Plan;
  readonly parent: { readonly task: TaskAddress; readonly round: number } | undefined;
  /** Row of the variables; 0 if there are none. */
  readonly variablesSeq: number;
  readonly itemCount: number;
  /** Row of item 0's input; item i lies i rows further. */
  firstItemSeq: number;
  /** By index; absent while nothing has happened to the item. */
  readonly items: Map<number, ItemState>;
  /** Of a large run, in the order of its items; empty: its items are run here. */
  readonly chunks: Chunk[];
  readonly maxActiveItems: number | undefined;
  /** Items that may fail; one more, and the run is given up. `undefined`: all of them may. */
  readonly maxFailures: number | undefined;
  readonly deadlineAt: number | undefined;
  /** Which components it may name; `undefined`: any. */
  readonly allowComponents: ComponentBounds | undefined;
  readonly createdAt: number;
  readonly createdSeq: number;
  readonly ended: Record<Outcome, number>;
  /** Runs that its workers started, in objects of their own. */
  readonly children: WorkerChild[];
  /** Set while it waits for compensations before it ends: what it ends as. */
  stopping: { readonly status: EndStatus; readonly outcome?: Outcome } | undefined;
  /** Items whose compensations are not through. */
  compensating: number;
  readonly undone: { total: number; completed: number; failed: number };
  /** The item above knows that there is something to undo in here. */
  isUndoable: boolean;
  /** Of the signals that were addressed to this run; absent before the first. */
  signals: SignalBook | undefined;
  cancelRequested: boolean;
  status: "running" | EndStatus;
  outcome: Outcome | undefined;
  completedAt: number | undefined;
  finishedSeq: number | undefined;
}

/** `item`: whose step's worker started it; absent in older journals. */
export interface WorkerChild {
  readonly runId: RunId;
  readonly item?: number;
  /** A compensation started it: whatever ends the run leaves it alone. */
  readonly undo?: true;
}

/** Items that are run by an object of their own. */
export type Chunk = {
  readonly first: number;
  readonly count: number;
  /** Row of their inputs. */
  readonly inputsSeq: number;
} & (
  | { readonly kind: "waiting" }
  | { readonly kind: "active"; readonly slot: number; readonly share: number; readonly items: number | undefined }
  | {
      readonly kind: "ended";
      /** Row of its results, or of the error of all its items. */
      readonly seq: number;
      readonly at: number;
      readonly counts: Readonly<Record<Outcome, number>>;
      readonly bytes: number | undefined;
      readonly isRefused: boolean;
    }
);

export type ItemState =
  | {
      readonly kind: "active";
      readonly tasks: TaskTable;
      /** Epoch milliseconds; where the flow has an `itemTimeout`. */
      readonly deadlineAt?: number;
      /** Absent while there is nothing. */
      undo?: Undo;
    }
  | CompensatingItem
  | {
      readonly kind: "ended";
      readonly outcome: Outcome;
      readonly valueSeq: number;
      readonly at: number;
      readonly seq: number;
      /** Its time was up: what its workers had started was cancelled. */
      readonly expired?: true;
      /** Kept while an item above may still fail: what is to be undone then, and what its inputs refer to. */
      kept?: { readonly tasks: TaskTable; readonly undo: Undo };
      /** What was undone when it failed, in that order. */
      readonly queue?: readonly Completion[];
    };

export interface Undo {
  /** In the order they succeeded. */
  readonly completions: Completion[];
  /** Ordinals of the sub-runs that this item's steps started and that have completions, at any depth. */
  readonly below: number[];
}

/** A task whose component succeeded, and whose step has a `compensate`. */
export interface Completion {
  readonly run: number;
  readonly item: number;
  readonly step: number;
  readonly element?: number;
  /** Row of its `step_completed`. */
  readonly seq: number;
  /** Row of its result, and of the array its element is from. */
  readonly valueSeq: number;
  readonly arraySeq?: number;
}

export interface CompensatingItem {
  readonly kind: "compensating";
  readonly reason: CompensationReason;
  /** Row of its `compensation_started`: the item's error, where it failed. */
  readonly errorSeq: number;
  readonly expired?: true;
  /** The item's steps as they were when it ended; nothing is under way in it. */
  readonly tasks: TaskTable;
  undo?: Undo;
  /** Last completed first. */
  readonly queue: readonly Completion[];
  /** Of the queue. */
  readonly undoTasks: TaskTable;
  /** Sub-runs whose own compensations come first. */
  readonly waitsFor: readonly number[];
  readonly isThrough: boolean;
}

/** Statuses of a fixed number of tasks: the steps of an item, or the elements of a `foreach`. */
export interface TaskTable {
  /** One of the `TASK_*` codes each. */
  readonly status: Uint8Array;
  /** Row of the result or error of a settled task. */
  readonly valueSeq: Float64Array;
  readonly active: Map<number, ActiveTask>;
  /** How many have settled. */
  settled: number;
}
export const TASK_IDLE = 0;
export const TASK_ACTIVE = 1;
export const TASK_SUCCESS = 2;
export const TASK_FAILED = 3;
export const TASK_SKIPPED = 4;

/** What a task has used up of its chances. */
export interface Tries {
  /** Decided retries by class. */
  readonly transport: number;
  readonly component: number;
  /** Times a lost attempt was sent again since the last decided retry. */
  readonly resends: number;
}
export const NO_TRIES: Tries = { transport: 0, component: 0, resends: 0 };

export type ActiveTask =
  /** Left the object; a reply, the deadline or recovery settles the attempt. */
  | {
      readonly kind: "calling";
      readonly attempt: number;
      readonly tries: Tries;
      readonly startedAt: number;
      readonly deadlineAt: number;
      /** The worker has taken the task over and reports later: what each sign of life gives it, milliseconds. */
      readonly grantedMs?: number;
      /** Likewise, if its step has a `cache`. */
      readonly cache?: CachedCall;
      /** Row of what its worker told last, in this attempt or one before. */
      readonly progressSeq?: number;
      readonly notice?: Notice;
    }
  | {
      readonly kind: "backing_off";
      readonly attempt: number;
      readonly tries: Tries;
      readonly retryAt: number;
      readonly progressSeq?: number;
      readonly notice?: Notice;
    }
  | { readonly kind: "sleeping"; readonly until: number; readonly valueSeq: number }
  | AwaitingTask
  | {
      readonly kind: "sub_run";
      readonly attempt: number;
      readonly tries: Tries;
      readonly child: number;
      readonly round: number;
    }
  /** `reused`: taken over, nobody may need it. */
  | { readonly kind: "foreach"; readonly arraySeq: number; readonly tasks: TaskTable; readonly reused?: true };

/** Waits for a signal, or for a decision. */
export interface AwaitingTask {
  readonly kind: "awaiting";
  readonly attempt: number;
  readonly tries: Tries;
  readonly since: number;
  /** Its `signal_awaited`. */
  readonly seq: number;
  /** Row of what fits. */
  readonly valueSeq: number;
  /** Absent: an approval. */
  readonly name?: string;
  readonly until?: number;
  readonly asking?: number;
}

export function emptyTree(): RunTree {
  return {
    seq: 0,
    at: 0,
    flowRows: new Map(),
    runs: [],
    root: undefined,
    calling: 0,
    reserved: 0,
    pausedBy: [],
    pausedSeq: 0,
    waits: newWaitIndex(),
  };
}

export function newTaskTable(size: number): TaskTable {
  return { status: new Uint8Array(size), valueSeq: new Float64Array(size), active: new Map(), settled: 0 };
}

export function isSettled(status: number | undefined): boolean {
  return status !== undefined && status >= TASK_SUCCESS;
}

/** The tasks of an item that is under way; `undefined` before its first event and after its end. */
export function activeTasks(node: RunNode, item: number): TaskTable | undefined {
  const state = node.items.get(item);
  return state?.kind === "active" ? state.tasks : undefined;
}

/** The table a task's status stands in, and its index there. */
export function taskSlot(
  tree: RunTree,
  address: TaskAddress,
): { readonly table: TaskTable; readonly index: number } | undefined {
  const node = tree.runs[address.run];
  if (address.undo) {
    const state = node?.items.get(address.item);
    return state?.kind === "compensating" ? { table: state.undoTasks, index: address.step } : undefined;
  }
  const steps = node && activeTasks(node, address.item);
  if (!steps) return undefined;
  if (address.element === undefined) return { table: steps, index: address.step };
  const owner = steps.active.get(address.step);
  return owner?.kind === "foreach" ? { table: owner.tasks, index: address.element } : undefined;
}

export function activeTask(tree: RunTree, address: TaskAddress): ActiveTask | undefined {
  const slot = taskSlot(tree, address);
  return slot?.table.active.get(slot.index);
}

/** Nothing new may start. */
export function isPaused(tree: RunTree): boolean {
  return tree.pausedBy.length > 0;
}

/** Items that have not ended. */
export function openItems(node: RunNode): number {
  return node.itemCount - node.ended.success - node.ended.failed - node.ended.skipped;
}
