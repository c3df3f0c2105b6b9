/** Starts a ready task: resolves its input, asks what stands behind the component, and executes, waits or calls. */
import type { Json } from "../../protocol/json.ts";
import type { CallTarget, InlineComponent } from "../ports/component-resolver.ts";
import type { TaskOutcome } from "../ports/task-outcome.ts";
import type { CachedCall } from "../ports/transport.ts";
import { lookUpCache } from "./cached-call.ts";
import { completeTask } from "./complete-task.ts";
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { lastProgress } from "./progress.ts";
import { withOrdinal } from "./run-id.ts";
import { settleCall, settleOutcome } from "./settle-attempt.ts";
import type { RunNode, Tries } from "./state.ts";
import { activeTask, isSettled, NO_TRIES, taskSlot } from "./state.ts";
import { startSubRun } from "./sub-run.ts";
import { stepAt, taskIdOf, taskInput } from "./task.ts";
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
          callOut(turn, node, task, cache.cache ? { ...departure, cache: cache.cache } : departure, input);
        }
      }
    }
  }
}

function executeInline(component: InlineComponent, input: Json): TaskOutcome {
  try {
    return component.execute(input);
  } catch (error) {
    return { kind: "crashed", attachments: [], causes: [error instanceof Error ? error.message : String(error)] };
  }
}

interface Departure {
  readonly attempt: number;
  readonly tries: Tries;
  readonly componentId: string;
  readonly target: CallTarget;
  readonly cache?: CachedCall;
}

/** Journals the attempt, then lets it leave (A2). */
function callOut(turn: Turn, node: RunNode, task: TaskAddress, departure: Departure, input: Json): void {
  const { root } = turn.tree;
  if (!root) throw new EngineFault("unknown_address", "a call before the run was created");
  const { step } = stepAt(turn.tree, task);
  const { attempt, tries, target } = departure;
  const bound = step.timeoutMs ?? target.timeoutMs ?? turn.settings.callTimeoutMs;
  const deadlineAt = turn.now + Math.min(bound, turn.settings.callTimeoutMs);
  const told = lastProgress(turn, activeTask(turn.tree, task));
  emit(turn, { kind: "step_started", ...task, attempt, deadlineAt });
  turn.schedule.timers.push({ kind: "deadline", at: deadlineAt, task, attempt });
  const runId = withOrdinal(root.runId, node.ordinal);
  const taskId = taskIdOf(turn.tree, task);
  turn.effects.push({
    kind: "call",
    task,
    call: {
      taskId,
      idempotencyKey: `${taskId}:${tries.transport + tries.component}`,
      attempt,
      namespace: root.namespace,
      runId,
      rootRunId: root.parent?.rootRunId ?? root.runId,
      flowId: node.flowId,
      stepId: step.id,
      itemIndex: task.item + (node.ordinal === 0 ? (root.parent?.chunk?.firstItem ?? 0) : 0),
      depth: node.depth,
      plugin: target.plugin,
      componentId: departure.componentId,
      ...(target.pathParams && { pathParams: target.pathParams }),
      input,
      deadlineAt,
      files: root.files,
      ...(told && { lastProgress: told }),
      ...(departure.cache && { cache: departure.cache }),
    },
  });
}
