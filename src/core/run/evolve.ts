/**
 * Applies one journaled event to the state. Total over all events, in journal order, without looking at values: after a throw
 * the state is discarded and loaded again.
 */

import type { FlowId } from "../../protocol/ids.ts";
import type { Plan } from "../plan/index.ts";
import type { JournalEntry } from "../ports/journal.ts";
import type { ComponentBounds } from "./component-bounds.ts";
import { assertNever, EngineFault } from "./engine-fault.ts";
import type { Notice, RunEvent, TaskAddress } from "./event.ts";
import { dropSignals, indexWait, keepSignal, takeSignal, unindexWait } from "./signal-book.ts";
import type { ActiveTask, Chunk, RunNode, RunTree, TaskTable, Tries } from "./state.ts";
import {
  activeTask,
  activeTasks,
  NO_TRIES,
  newTaskTable,
  TASK_ACTIVE,
  TASK_FAILED,
  TASK_IDLE,
  TASK_SKIPPED,
  TASK_SUCCESS,
  taskSlot,
} from "./state.ts";

import { forgetBelow, noteCompletion, runsUnderWay, undoQueue } from "./undo.ts";

/** Compiled flows by id; every flow of a journal is there before its events are applied. */
export interface PlanSource {
  get(flowId: FlowId): Plan | undefined;
}

const SETTLED_STATUS = { success: TASK_SUCCESS, failed: TASK_FAILED, skipped: TASK_SKIPPED } as const;

export function evolve(tree: RunTree, entry: Pick<JournalEntry, "seq" | "at" | "event">, plans: PlanSource): void {
  const { seq, at, event } = entry;
  if (seq !== tree.seq + 1) {
    throw new EngineFault("journal_out_of_order", `event ${seq} follows event ${tree.seq}`);
  }
  tree.seq = seq;
  tree.at = at;
  switch (event.kind) {
    case "flow_recorded":
      tree.flowRows.set(event.flowId, seq);
      return;
    case "run_created":
      tree.root = {
        runId: event.runId,
        namespace: event.namespace,
        maxConcurrency: event.maxConcurrency,
        labels: event.labels,
        files: event.files,
        bodyHash: event.bodyHash,
        parent: event.parent,
        origin: event.origin,
        secrets: event.secrets,
      };
      tree.runs.push(
        newNode(entry, {
          ...event,
          ordinal: 0,
          depth: event.parent?.depth ?? 0,
          plan: planOf(plans, event.planId),
          parent: undefined,
          variablesSeq: seq,
        }),
      );
      return;
    case "sub_run_created": {
      const parent = nodeAt(tree, event.parent.run);
      if (event.run !== tree.runs.length)
        throw new EngineFault("journal_out_of_order", `sub-run ${event.run} is not the next one`);
      tree.runs.push(
        newNode(entry, {
          ...event,
          ordinal: event.run,
          depth: parent.depth + 1,
          plan: planOf(plans, event.planId),
          parent: { task: event.parent, round: event.round },
          variablesSeq: event.ownVariables ? seq : parent.variablesSeq,
        }),
      );
      const before = activeTask(tree, event.parent);
      activate(tree, event.parent, {
        kind: "sub_run",
        attempt: before?.kind === "sub_run" ? before.attempt : attemptsOf(before) + 1,
        tries: triesOf(before),
        child: event.run,
        round: event.round,
      });
      return;
    }
    case "child_submitted":
      nodeAt(tree, event.run).children.push({
        runId: event.childRunId,
        ...(event.item !== undefined && { item: event.item }),
        ...(event.undo && { undo: true }),
      });
      return;
    case "item_added":
      if (event.item === 0) nodeAt(tree, event.run).firstItemSeq = seq;
      return;
    case "item_started": {
      const node = nodeAt(tree, event.run);
      // There before its start is what it has taken over.
      const tasks = activeTasks(node, event.item) ?? newTaskTable(node.plan.steps.length);
      node.items.set(event.item, { kind: "active", tasks, deadlineAt: event.deadlineAt });
      return;
    }
    case "chunk_added": {
      const { first, count } = event;
      nodeAt(tree, event.run).chunks.push({ kind: "waiting", first, count, inputsSeq: seq });
      return;
    }
    case "chunk_started": {
      const { slot, share, items } = event;
      setChunk(nodeAt(tree, event.run), event.chunk, { kind: "active", slot, share, items });
      tree.reserved += share;
      return;
    }
    case "chunk_completed": {
      const node = nodeAt(tree, event.run);
      const { success, failed, skipped } = event;
      // A run that has ended gave its places back then.
      if (node.status === "running") freeShare(tree, node.chunks[event.chunk]);
      setChunk(node, event.chunk, {
        kind: "ended",
        seq,
        at,
        counts: { success, failed, skipped },
        bytes: event.bytes,
        isRefused: event.refused === true,
      });
      node.ended.success += success;
      node.ended.failed += failed;
      node.ended.skipped += skipped;
      return;
    }
    case "step_started": {
      const before = activeTask(tree, event);
      activate(tree, event, {
        kind: "calling",
        attempt: event.attempt,
        tries: before?.kind === "calling" ? { ...before.tries, resends: before.tries.resends + 1 } : triesOf(before),
        startedAt: at,
        deadlineAt: event.deadlineAt,
        ...progressOf(before),
        ...(event.notice && { notice: { ...event.notice, requestSeq: seq } }),
      });
      return;
    }
    case "attempt_handed_over": {
      const before = activeTask(tree, event);
      if (before?.kind !== "calling") throw new EngineFault("unknown_address", "an attempt handed over is under way");
      activate(tree, event, {
        ...before,
        deadlineAt: event.deadlineAt,
        grantedMs: event.deadlineAt - at,
        ...(event.cache && { cache: event.cache }),
      });
      return;
    }
    case "attempt_progress": {
      const before = activeTask(tree, event);
      if (before?.kind !== "calling") throw new EngineFault("unknown_address", "an attempt that tells is under way");
      activate(tree, event, { ...before, progressSeq: seq });
      return;
    }
    case "attempt_reported":
      return;
    case "step_waiting":
      activate(tree, event, { kind: "sleeping", until: event.until, valueSeq: seq });
      return;
    case "signal_awaited": {
      const { attempt, name, until, asking } = event;
      activate(tree, event, {
        kind: "awaiting",
        attempt,
        tries: triesOf(activeTask(tree, event)),
        since: at,
        seq,
        valueSeq: event.from ?? seq,
        ...(name !== undefined && { name }),
        ...(until !== undefined && { until }),
        ...(asking !== undefined && { asking }),
      });
      indexWait(tree.waits, name, seq, addressOf(event));
      return;
    }
    case "signal_received":
      keepSignal(nodeAt(tree, event.run), seq, event);
      return;
    case "approval_decided":
      return;
    case "foreach_expanded":
      activate(tree, event, {
        kind: "foreach",
        arraySeq: seq,
        tasks: newTaskTable(event.count),
        ...(event.reused && { reused: true }),
      });
      return;
    case "attempt_failed": {
      const before = activeTask(tree, event);
      const tries = triesOf(before);
      const notice = noticeOf(before);
      activate(tree, event, {
        kind: "backing_off",
        attempt: event.attempt,
        tries: {
          transport: tries.transport + (event.class === "transport" ? 1 : 0),
          component: tries.component + (event.class === "component" ? 1 : 0),
          resends: 0,
        },
        retryAt: event.retryAt,
        ...progressOf(before),
        ...(notice && { notice }),
      });
      return;
    }
    case "step_completed": {
      const { table, index } = slotAt(tree, event);
      if (event.undoable) noteCompletion(tree, event, seq, event.from ?? seq);
      if (event.undo) nodeAt(tree, event.run).undone[event.outcome === "success" ? "completed" : "failed"] += 1;
      const before = table.active.get(index);
      if (before?.kind === "awaiting" && before.name !== undefined && event.from !== undefined)
        takeSignal(tree.runs, event.run, before.name, event.from);
      leave(tree, table, index);
      table.settled += 1;
      table.status[index] = SETTLED_STATUS[event.outcome];
      table.valueSeq[index] = event.from ?? seq;
      return;
    }
    case "compensation_started":
    case "compensation_completed":
    case "item_completed":
      evolveItem(tree, entry, event);
      return;
    case "run_stopping": {
      const node = nodeAt(tree, event.run);
      node.stopping = { status: event.status, ...(event.outcome && { outcome: event.outcome }) };
      for (const item of node.items.values()) if (item.kind === "active") abandon(tree, item.tasks);
      // Compensations are not held back by a pause that came before.
      if (event.run === 0) tree.pausedBy = [];
      return;
    }
    case "cancel_requested":
      nodeAt(tree, event.run).cancelRequested = true;
      return;
    case "run_paused":
      tree.pausedBy = [...tree.pausedBy, event.by];
      tree.pausedSeq = seq;
      return;
    case "run_resumed":
      tree.pausedBy = tree.pausedBy.filter((by) => by !== event.by);
      tree.pausedSeq = seq;
      return;
    case "run_completed": {
      const node = nodeAt(tree, event.run);
      for (const item of node.items.values()) if (item.kind === "active") abandon(tree, item.tasks);
      for (const chunk of node.chunks) freeShare(tree, chunk);
      node.stopping = undefined;
      dropSignals(node);
      node.status = event.status;
      node.outcome = event.outcome;
      node.completedAt = at;
      node.finishedSeq = seq;
      return;
    }
    default:
      assertNever(event);
  }
}

export function nodeAt(tree: RunTree, ordinal: number): RunNode {
  const node = tree.runs[ordinal];
  if (!node) throw new EngineFault("unknown_address", `there is no run ${ordinal} in this tree`);
  return node;
}

type NewNode = Pick<RunNode, "ordinal" | "depth" | "flowId" | "plan" | "parent" | "variablesSeq" | "itemCount"> & {
  readonly maxActiveItems?: number;
  readonly maxFailures?: number;
  readonly deadlineAt?: number;
  readonly allowComponents?: ComponentBounds;
};

function newNode(entry: Pick<JournalEntry, "seq" | "at">, facts: NewNode): RunNode {
  return {
    stopping: undefined,
    ordinal: facts.ordinal,
    depth: facts.depth,
    flowId: facts.flowId,
    plan: facts.plan,
    parent: facts.parent,
    variablesSeq: facts.variablesSeq,
    itemCount: facts.itemCount,
    firstItemSeq: 0,
    items: new Map(),
    chunks: [],
    maxActiveItems: facts.maxActiveItems,
    maxFailures: facts.maxFailures,
    deadlineAt: facts.deadlineAt,
    allowComponents: facts.allowComponents,
    createdAt: entry.at,
    createdSeq: entry.seq,
    ended: { success: 0, failed: 0, skipped: 0 },
    children: [],
    compensating: 0,
    undone: { total: 0, completed: 0, failed: 0 },
    isUndoable: false,
    signals: undefined,
    cancelRequested: false,
    status: "running",
    outcome: undefined,
    completedAt: undefined,
    finishedSeq: undefined,
  };
}

type ChunkProgress<C = Chunk> = C extends Chunk ? Omit<C, "first" | "count" | "inputsSeq"> : never;

function setChunk(node: RunNode, index: number, progress: ChunkProgress): void {
  const chunk = node.chunks[index];
  if (!chunk) throw new EngineFault("unknown_address", `run ${node.ordinal} has no chunk ${index}`);
  const { first, count, inputsSeq } = chunk;
  node.chunks[index] = { ...progress, first, count, inputsSeq };
}

function freeShare(tree: RunTree, chunk: Chunk | undefined): void {
  if (chunk?.kind === "active") tree.reserved -= chunk.share;
}

export function planOf(plans: PlanSource, flowId: FlowId): Plan {
  const plan = plans.get(flowId);
  if (!plan) throw new EngineFault("missing_plan", `flow ${flowId} is used before it was recorded`);
  return plan;
}

/** The end of an item, and what comes before it where something is undone. */
function evolveItem(
  tree: RunTree,
  { seq, at }: Pick<JournalEntry, "seq" | "at">,
  event: Extract<RunEvent, { kind: "compensation_started" | "compensation_completed" | "item_completed" }>,
): void {
  const node = nodeAt(tree, event.run);
  const before = node.items.get(event.item);
  if (before?.kind === "ended") throw new EngineFault("unknown_address", `item ${event.item} has ended before`);
  switch (event.kind) {
    case "compensation_started": {
      if (before?.kind !== "active") throw new EngineFault("unknown_address", "only an item under way is undone");
      const { tasks, undo } = before;
      const queue = event.reason === "stopped" ? [] : undoQueue(tree, undo);
      const waitsFor = runsUnderWay(tree, tasks);
      abandon(tree, tasks);
      node.items.set(event.item, {
        kind: "compensating",
        reason: event.reason,
        errorSeq: seq,
        ...(event.expired && { expired: true }),
        tasks,
        ...(undo && { undo }),
        queue,
        undoTasks: newTaskTable(queue.length),
        waitsFor,
        isThrough: false,
      });
      node.compensating += 1;
      node.undone.total += queue.length;
      return;
    }
    case "compensation_completed":
      if (before?.kind !== "compensating") throw new EngineFault("unknown_address", "nothing of the item was undone");
      node.items.set(event.item, { ...before, isThrough: true });
      node.compensating -= 1;
      return;
    case "item_completed": {
      if (before?.kind === "active") abandon(tree, before.tasks);
      const isKept =
        before?.kind === "active" && event.outcome !== "failed" && node.parent !== undefined && !node.parent.task.undo;
      if (!isKept) forgetBelow(tree, before?.undo);
      node.items.set(event.item, {
        kind: "ended",
        outcome: event.outcome,
        valueSeq: event.from ?? seq,
        at,
        seq,
        ...(event.expired && { expired: true }),
        ...(isKept && before.undo && { kept: { tasks: before.tasks, undo: before.undo } }),
        ...(before?.kind === "compensating" && { queue: before.queue }),
      });
      node.ended[event.outcome] += 1;
    }
  }
}

function slotAt(tree: RunTree, address: TaskAddress): { table: TaskTable; index: number } {
  const node = nodeAt(tree, address.run);
  if (!address.undo && !node.items.has(address.item))
    node.items.set(address.item, { kind: "active", tasks: newTaskTable(node.plan.steps.length) });
  const slot = taskSlot(tree, address);
  if (!slot) throw new EngineFault("unknown_address", `no such task: ${JSON.stringify(address)}`);
  return slot;
}

function activate(tree: RunTree, address: TaskAddress, task: ActiveTask): void {
  const { table, index } = slotAt(tree, address);
  leave(tree, table, index);
  if (task.kind === "calling") tree.calling += 1;
  table.status[index] = TASK_ACTIVE;
  table.active.set(index, task);
}

function leave(tree: RunTree, table: TaskTable, index: number): void {
  const before = table.active.get(index);
  if (!before) return;
  if (before.kind === "calling") tree.calling -= 1;
  if (before.kind === "awaiting") unindexWait(tree.waits, before.name, before.seq);
  if (before.kind === "foreach") abandon(tree, before.tasks);
  table.active.delete(index);
  table.status[index] = TASK_IDLE;
}

/** Drops what is under way in a table whose run has ended. */
function abandon(tree: RunTree, table: TaskTable): void {
  // Deleting the key one stands on is safe in a Map.
  for (const index of table.active.keys()) leave(tree, table, index);
}

/** What a task that is tried again has used up before. A start after a start is a lost attempt sent again (see above). */
function triesOf(before: ActiveTask | undefined): Tries {
  return before && "tries" in before ? before.tries : NO_TRIES;
}

/** What a task's worker told last goes over to the next attempt. */
function progressOf(before: ActiveTask | undefined): { readonly progressSeq?: number } {
  const progressSeq = before && "progressSeq" in before ? before.progressSeq : undefined;
  return progressSeq === undefined ? {} : { progressSeq };
}

/** Of an approval whose notification failed: the links that were handed out go on to count. */
function noticeOf(before: ActiveTask | undefined): Notice | undefined {
  return before && "notice" in before ? before.notice : undefined;
}

function addressOf({ run, item, step, element, undo }: TaskAddress): TaskAddress {
  return { run, item, step, ...(element !== undefined && { element }), ...(undo && { undo }) };
}

function attemptsOf(before: ActiveTask | undefined): number {
  return before && "attempt" in before ? before.attempt : 0;
}
