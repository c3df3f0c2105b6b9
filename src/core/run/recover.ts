/** After a load: what was under way outside is unknown and is sent again, the rest is scheduled from the state. */

import { followChunks } from "./chunk.ts";
import type { TaskAddress } from "./event.ts";
import { activateItem } from "./item.ts";
import { matchAll } from "./match-signals.ts";
import { resumeTask } from "./resume.ts";
import { itemSchedule } from "./schedule.ts";
import type { ActiveTask, CompensatingItem, RunNode, TaskTable } from "./state.ts";
import { isPaused } from "./state.ts";
import { scheduleRun } from "./sub-run.ts";
import { controlChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { needStep } from "./wait.ts";

/** Runs once, on a fresh schedule, as the first turn after a load. */
export function recover(turn: Turn): void {
  for (const node of turn.tree.runs) {
    // They were perhaps not told before the object was lost.
    if (node.status === "cancelled") controlChildren(turn, node, "cancel");
    else cancelExpiredChildren(turn, node);
    followChunks(turn, node);
    if (node.status !== "running") continue;
    if (turn.tree.pausedSeq > 0) controlChildren(turn, node, isPaused(turn.tree) ? "pause" : "resume");
    scheduleRun(turn, node);
    const isDerived = node.ordinal === 0 && turn.tree.root?.origin !== undefined;
    const source = turn.schedule.sources.find((source) => source.kind === "items" && source.run === node.ordinal);
    for (const [item, state] of node.items) {
      if (state.kind === "compensating") {
        if (source && !state.isThrough) source.active += 1;
        resumeCompensation(turn, node, item, state);
      }
      if (state.kind !== "active" || node.stopping) continue;
      if (isDerived && state.deadlineAt === undefined && !isBegun(state.tasks)) continue;
      activateItem(turn, node, item);
      if (source) source.active += 1;
      const schedule = itemSchedule(turn.schedule, node.ordinal, item);
      for (const [step, task] of state.tasks.active) if (schedule && !isIdle(task)) needStep(turn, schedule, step);
      for (const { task, attempt } of callsUnderWay(node, item, state.tasks)) {
        turn.schedule.agenda.push({ kind: "start_task", task, lost: attempt });
      }
    }
  }
  matchAll(turn);
}

function resumeCompensation(turn: Turn, node: RunNode, item: number, { undoTasks }: CompensatingItem): void {
  for (const [step, active] of undoTasks.active) {
    const task = { run: node.ordinal, item, step, undo: true } as const;
    resumeTask(turn, task, active);
    if (isHeld(active)) turn.schedule.agenda.push({ kind: "start_task", task, lost: active.attempt });
  }
  turn.schedule.agenda.push({ kind: "compensate", of: { run: node.ordinal, item } });
}

/** The children of items whose time was up. */
function cancelExpiredChildren(turn: Turn, node: RunNode): void {
  for (const { runId, item, undo } of node.children) {
    if (undo) continue;
    const state = item === undefined ? undefined : node.items.get(item);
    if (state?.kind === "ended" && state.expired) turn.effects.push({ kind: "control_child", runId, action: "cancel" });
  }
}

/** Many items of a run that comes from another one may have results already: they begin when there is room. */
function isBegun(table: TaskTable): boolean {
  for (const task of table.active.values()) if (!isIdle(task)) return true;
  return false;
}

/** Its elements were taken over, and nobody has needed the rest of them yet. */
function isIdle(task: ActiveTask): boolean {
  return task.kind === "foreach" && task.reused === true && task.tasks.active.size === 0;
}

function callsUnderWay(
  node: RunNode,
  item: number,
  table: TaskTable,
): { readonly task: TaskAddress; readonly attempt: number }[] {
  const found: { task: TaskAddress; attempt: number }[] = [];
  for (const [step, task] of table.active) {
    const address = { run: node.ordinal, item, step };
    if (isHeld(task)) found.push({ task: address, attempt: task.attempt });
    if (task.kind === "foreach") {
      for (const [element, inner] of task.tasks.active) {
        if (isHeld(inner)) found.push({ task: { ...address, element }, attempt: inner.attempt });
      }
    }
  }
  return found;
}

/** Its reply was awaited in the memory that is gone; a worker that took the task over will report by itself. */
function isHeld(task: ActiveTask): task is Extract<ActiveTask, { kind: "calling" }> {
  return task.kind === "calling" && task.grantedMs === undefined;
}
