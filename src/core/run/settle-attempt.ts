/** Takes in what an attempt came to: its result, another attempt, a default, or the end of the task. */
import type { TaskOutcome } from "../ports/task-outcome.ts";
import { awaitSignal } from "./await-signal.ts";
import { boundResult } from "./bound-result.ts";
import { completeTask, type TaskResult } from "./complete-task.ts";
import { errorValue } from "./error-value.ts";
import type { TaskAddress } from "./event.ts";
import { decideFailure, errorOf } from "./failure.ts";
import type { ActiveTask, RunTree, Tries } from "./state.ts";
import { activeTask } from "./state.ts";
import { stepAt, taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

export interface Attempt {
  readonly attempt: number;
  readonly tries: Tries;
  readonly componentId: string;
  /** It never left the object: what is retried by itself elsewhere is not. */
  readonly onlyOwnRetry?: boolean;
  /** Nobody is asked again. */
  readonly isFinal?: boolean;
}

/** A reply from outside. Only exactly the attempt under way is settled by it: late and duplicate replies are dropped. */
export function settleCall(turn: Turn, task: TaskAddress, attempt: number, outcome: TaskOutcome): void {
  const active = attemptUnderWay(turn.tree, task, attempt);
  if (!active) return;
  if (active.notice && outcome.kind === "success") {
    const { asking, timeoutMs, requestSeq } = active.notice;
    awaitSignal(turn, task, { attempt, asking, timeoutMs, from: requestSeq });
    return;
  }
  const component = stepAt(turn.tree, task).step.component;
  if (active.cache) {
    const value = outcome.kind === "success" ? outcome.value : undefined;
    const taskId = taskIdOf(turn.tree, task);
    turn.effects.push({ kind: "settle_cache", taskId, attempt, cache: active.cache, ...(value && { value }) });
  }
  settleOutcome(turn, task, { attempt, tries: active.tries, componentId: component }, outcome);
}

/** Exactly this attempt, if its reply still counts. */
export function attemptUnderWay(
  tree: RunTree,
  task: TaskAddress,
  attempt: number,
): Extract<ActiveTask, { kind: "calling" }> | undefined {
  if (tree.runs[task.run]?.status !== "running") return undefined;
  const active = activeTask(tree, task);
  return active?.kind === "calling" && active.attempt === attempt ? active : undefined;
}

/** Nothing came back in time. */
export function settleDeadline(turn: Turn, task: TaskAddress, attempt: number): void {
  const message = `task '${taskIdOf(turn.tree, task)}' exceeded execution timeout`;
  turn.effects.push({ kind: "abort_call", task, attempt });
  settleCall(turn, task, attempt, { kind: "failed", error: { code: "TIMEOUT", message } });
}

/** Nothing came that the step waits for. Only its own `retry` waits once more. */
export function expireWait(turn: Turn, task: TaskAddress): void {
  const active = activeTask(turn.tree, task);
  if (active?.kind !== "awaiting") return;
  const { step } = stepAt(turn.tree, task);
  const what =
    active.name === undefined ? "nobody decided on the approval" : `no signal ${JSON.stringify(active.name)} came`;
  const message = `step '${step.id}': ${what} within ${(active.until ?? turn.now) - active.since} ms`;
  const attempted = { attempt: active.attempt, tries: active.tries, componentId: step.component, onlyOwnRetry: true };
  settleOutcome(turn, task, attempted, { kind: "failed", error: { code: "TIMEOUT", message } });
}

export function settleOutcome(turn: Turn, task: TaskAddress, attempted: Attempt, outcome: TaskOutcome): void {
  const { step } = stepAt(turn.tree, task);
  const checked: TaskOutcome =
    outcome.kind === "success" ? boundResult(outcome.value, turn.settings.maxResultBytes) : outcome;
  const warnings = outcome.kind === "crashed" ? undefined : outcome.warnings;
  const complete = (result: TaskResult) =>
    completeTask(turn, task, { ...result, ...(warnings && { warnings }) }, attempted.attempt);
  if (checked.kind === "success") {
    const cached = outcome.kind === "success" && outcome.cached === true;
    complete({ outcome: "success", value: checked.value, ...(cached ? { cached } : { byComponent: true }) });
    return;
  }
  const error = errorOf(checked, step.id, attempted.componentId);
  const decision = decideFailure(
    step,
    {
      error,
      attempt: attempted.attempt,
      tries: attempted.tries,
      retryAfterMs: checked.kind === "failed" ? checked.retryAfterMs : undefined,
      taskKey: taskIdOf(turn.tree, task),
      onlyOwnRetry: attempted.onlyOwnRetry ?? false,
      isFinal: attempted.isFinal ?? false,
    },
    turn.settings,
  );
  switch (decision.kind) {
    case "retry": {
      const retryAt = turn.now + decision.delayMs;
      emit(
        turn,
        { kind: "attempt_failed", ...task, attempt: attempted.attempt, retryAt, class: decision.class },
        errorValue(error),
      );
      turn.schedule.timers.push({ kind: "retry", at: retryAt, task });
      return;
    }
    case "use_default":
      complete({ outcome: "success", value: inline(decision.value) });
      return;
    case "skip":
      complete({ outcome: "skipped", error });
      return;
    case "fail":
      complete({ outcome: "failed", error });
  }
}
