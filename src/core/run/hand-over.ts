/** Attempts that a worker has taken over (HTTP 202): nobody holds a call, the worker reports later or the deadline passes. */
import type { Command } from "./command.ts";
import type { TaskAddress } from "./event.ts";
import { attemptUnderWay } from "./settle-attempt.ts";
import { stepAt, taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** A step's own `timeout` bounds the attempt however it is answered. */
export function handOver(turn: Turn, command: Extract<Command, { kind: "hand_over_attempt" }>): void {
  const { task, attempt, deadlineAt: until, cache } = command;
  const active = attemptUnderWay(turn.tree, task, attempt);
  if (!active) return;
  const { timeoutMs } = stepAt(turn.tree, task).step;
  const deadlineAt = Math.min(until, timeoutMs === undefined ? until : active.startedAt + timeoutMs);
  emit(turn, { kind: "attempt_handed_over", ...task, attempt, deadlineAt, ...(cache && { cache }) });
  turn.schedule.timers.push({ kind: "deadline", at: deadlineAt, task, attempt });
  const shared = cache ?? active.cache;
  if (!shared) return;
  const taskId = taskIdOf(turn.tree, task);
  turn.effects.push({ kind: "hold_cache", taskId, attempt, cache: shared, until: deadlineAt });
}

/** A report may come while the call is still held: then that is dropped. */
export function noteReport(turn: Turn, task: TaskAddress, attempt: number, digest: string): void {
  if (!attemptUnderWay(turn.tree, task, attempt)) return;
  emit(turn, { kind: "attempt_reported", ...task, attempt, digest });
  turn.effects.push({ kind: "abort_call", task, attempt });
}

export function loseAttempt(turn: Turn, task: TaskAddress, attempt: number): void {
  const active = attemptUnderWay(turn.tree, task, attempt);
  if (active && active.grantedMs === undefined) turn.schedule.agenda.push({ kind: "start_task", task, lost: attempt });
}
