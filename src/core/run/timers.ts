/** Due times. Entries are not taken out when what they were for has settled; they are recognised as stale when they come up. */

import { expireItem, expireRun } from "./cancel.ts";
import { completeTask } from "./complete-task.ts";
import type { Engine } from "./engine.ts";
import type { Timer } from "./schedule.ts";
import { expireWait, settleDeadline } from "./settle-attempt.ts";
import { activeTask } from "./state.ts";
import type { Turn } from "./turn.ts";

/** When the next timer that still means something is due; `undefined` if there is none. */
export function nextDueAt(engine: Pick<Engine, "tree" | "schedule">): number | undefined {
  const { timers } = engine.schedule;
  for (let timer = timers.peek(); timer; timer = timers.peek()) {
    if (isCurrent(engine, timer)) return timer.at;
    timers.pop();
  }
  return undefined;
}

export function fireTimers(turn: Turn): void {
  const { timers } = turn.schedule;
  for (let timer = timers.peek(); timer && timer.at <= turn.now; timer = timers.peek()) {
    timers.pop();
    if (isCurrent(turn, timer)) fire(turn, timer);
  }
}

function fire(turn: Turn, timer: Timer): void {
  switch (timer.kind) {
    case "deadline":
      settleDeadline(turn, timer.task, timer.attempt);
      return;
    case "retry":
      turn.schedule.ready.push(timer.task);
      return;
    case "sleep": {
      const active = activeTask(turn.tree, timer.task);
      if (active?.kind === "sleeping")
        completeTask(turn, timer.task, { outcome: "success", from: active.valueSeq, byComponent: true }, 1);
      return;
    }
    case "item_deadline":
      expireItem(turn, timer.run, timer.item);
      return;
    case "wait":
      expireWait(turn, timer.task);
      return;
    case "run_deadline":
      expireRun(turn, timer.run);
      return;
  }
}

function isCurrent(engine: Pick<Engine, "tree">, timer: Timer): boolean {
  if (timer.kind === "run_deadline" || timer.kind === "item_deadline") {
    const node = engine.tree.runs[timer.run];
    if (node?.status !== "running" || node.stopping) return false;
    if (timer.kind === "run_deadline") return true;
    const item = node.items.get(timer.item);
    return item?.kind === "active" && item.deadlineAt === timer.at;
  }
  if (engine.tree.runs[timer.task.run]?.status !== "running") return false;
  const active = activeTask(engine.tree, timer.task);
  switch (timer.kind) {
    case "deadline":
      return active?.kind === "calling" && active.attempt === timer.attempt && active.deadlineAt === timer.at;
    case "retry":
      return active?.kind === "backing_off" && active.retryAt === timer.at;
    case "sleep":
      return active?.kind === "sleeping" && active.until === timer.at;
    case "wait":
      return active?.kind === "awaiting" && active.until === timer.at;
  }
}
