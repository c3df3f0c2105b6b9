/** Starts a ready task: resolves its input, asks what stands behind the component, and executes, waits or calls. */
import type { Json } from "../../protocol/json.ts";
import type { WaitComponent } from "../ports/wait-component.ts";
import { askForApproval } from "./approval.ts";
import { startSignalWait } from "./await-signal.ts";
import { lookUpCache } from "./cached-call.ts";
import { callOut } from "./call-out.ts";
import { completeTask } from "./complete-task.ts";
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { executeInline } from "./execute-inline.ts";
import type { Attempt } from "./settle-attempt.ts";
import { settleCall, settleOutcome } from "./settle-attempt.ts";
import type { RunNode } from "./state.ts";
import { activeTask, isSettled, NO_TRIES, taskSlot } from "./state.ts";
import { startSubRun } from "./sub-run.ts";
import { stepAt, taskInput } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit, inline, park } from "./turn.ts";

/** `lost`: the attempt under way that was lost with whoever held it; it goes out again as a new attempt. */
export function startTask(turn: Turn, task: TaskAddress, lost?: number): void {
  const node = nodeAt(turn.tree, task.run);
  if (!mayStart(turn, task, lost)) return;
  if (lost !== undefined && giveUpResending(turn, task)) return;
  const input = taskInput(turn, node, task);
  switch (input.kind) {
    case "not_resident":
      park(turn, { kind: "start_task", task, lost }, input.blobs);
      return;
    case "failed":
      completeTask(turn, task, { outcome: "failed", error: input.error }, 0);
      return;
    case "skipped":
      completeTask(turn, task, { outcome: "skipped" }, 0);
      return;
    case "value":
      execute(turn, node, task, input.value, lost);
  }
}

/** A queued task may be out of date: its run ended, or it is under way already. */
export function mayStart(turn: Turn, task: TaskAddress, lost: number | undefined): boolean {
  const node = nodeAt(turn.tree, task.run);
  const item = node.items.get(task.item);
  if (node.status !== "running") return false;
  if (!task.undo) {
    if (node.stopping || (item && item.kind !== "active")) return false;
    if (task.element === undefined && !item) return true;
  }
  const slot = taskSlot(turn.tree, task);
  if (!slot || isSettled(slot.table.status[slot.index])) return false;
  const active = slot.table.active.get(slot.index);
  // While its input was fetched it may have timed out and been followed by another, or been taken over after all.
  if (lost !== undefined)
    return active?.kind === "calling" && active.attempt === lost && active.grantedMs === undefined;
  return active === undefined || (active.kind === "backing_off" && active.retryAt <= turn.now);
}

/** A task that takes its object down with it each time must not do so for ever. */
function giveUpResending(turn: Turn, task: TaskAddress): boolean {
  const active = activeTask(turn.tree, task);
  if (active?.kind !== "calling" || active.tries.resends < turn.settings.maxResends) return false;
  const message = `the attempt was lost ${active.tries.resends + 1} times: the orchestrator stopped each time before a reply came`;
  settleCall(turn, task, active.attempt, { kind: "failed", error: { code: "UNREACHABLE", message } });
  return true;
}

function execute(turn: Turn, node: RunNode, task: TaskAddress, input: Json, lost: number | undefined): void {
  const { step } = stepAt(turn.tree, task);
  const before = activeTask(turn.tree, task);
  const tries = before && "tries" in before ? before.tries : NO_TRIES;
  const attempt = (before && "attempt" in before ? before.attempt : 0) + 1;
  const resolution = turn.resolver.resolve(step.component, input);
  switch (resolution.kind) {
    case "unroutable":
      completeTask(turn, task, { outcome: "failed", error: resolution.error }, 0);
      return;
    case "inline":
      settleOutcome(
        turn,
        task,
        { attempt, tries, componentId: resolution.componentId },
        executeInline(resolution.component, input),
      );
      return;
    case "sleep": {
      const plan = resolution.component.plan(input, turn.now);
      if (plan.kind === "failed") {
        settleOutcome(turn, task, { attempt, tries, componentId: resolution.componentId }, plan);
        return;
      }
      const until = turn.now + plan.durationMs;
      emit(turn, { kind: "step_waiting", ...task, until }, inline(plan.result));
      turn.schedule.timers.push({ kind: "sleep", at: until, task });
      return;
    }
    case "wait":
      startWait(turn, task, { attempt, tries, componentId: resolution.componentId }, resolution.component.plan(input));
      return;
    case "sub_run":
      startSubRun(
        turn,
        task,
        { attempt, tries, componentId: resolution.componentId },
        resolution.component.start(input),
        {
          round: 0,
          again: { kind: "start_task", task, lost: undefined },
        },
      );
      return;
    case "call": {
      const cache = lookUpCache(turn, node, task, resolution, input);
      switch (cache.kind) {
        case "not_resident":
          park(turn, { kind: "start_task", task, lost }, cache.blobs);
          return;
        case "failed":
          completeTask(turn, task, { outcome: "failed", error: cache.error }, 0);
          return;
        case "skipped":
          completeTask(turn, task, { outcome: "skipped" }, 0);
          return;
        case "told": {
          const departure = { attempt, tries, componentId: resolution.componentId, target: resolution };
          callOut(turn, task, cache.cache ? { ...departure, cache: cache.cache } : departure, input);
        }
      }
    }
  }
}

function startWait(turn: Turn, task: TaskAddress, attempt: Attempt, plan: ReturnType<WaitComponent["plan"]>): void {
  switch (plan.kind) {
    case "failed":
      settleOutcome(turn, task, attempt, plan);
      return;
    case "signal":
      startSignalWait(turn, task, attempt.attempt, plan);
      return;
    case "approval":
      askForApproval(turn, task, attempt, plan);
  }
}
