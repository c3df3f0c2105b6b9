/**
 * What a failed attempt means for its task (decisions.md, Failures): another attempt, a default, skipped, or failed.
 * A step's own `retry` comes before its `onError`; without one, `useDefault` and `skip` come before any retry.
 */
import type { Json } from "../../protocol/json.ts";
import type { TaskError, TaskErrorCode } from "../../protocol/task-error.ts";
import type { Step } from "../flow/flow.ts";
import type { TaskOutcome } from "../ports/task-outcome.ts";
import { backoffDelay, chanceOf } from "./backoff.ts";
import type { EngineSettings } from "./engine.ts";
import type { RetryClass } from "./event.ts";
import type { Tries } from "./state.ts";

export type FailureDecision =
  | { readonly kind: "retry"; readonly class: RetryClass; readonly delayMs: number }
  | { readonly kind: "use_default"; readonly value: Json }
  | { readonly kind: "skip" }
  | { readonly kind: "fail" };

export interface FailedAttempt {
  readonly error: TaskError;
  readonly attempt: number;
  readonly tries: Tries;
  readonly retryAfterMs: number | undefined;
  /** Names the task; spreads jitter. */
  readonly taskKey: string;
  /** Only the step's own `retry` counts. */
  readonly onlyOwnRetry?: boolean;
  /** No retry counts. */
  readonly isFinal?: boolean;
}

export function decideFailure(step: Step, failed: FailedAttempt, settings: EngineSettings): FailureDecision {
  const policy = step.retry ? retryByPolicy(step.retry, failed) : retryByReference(step, failed, settings);
  const retry = failed.isFinal ? undefined : policy;
  if (retry) return retry;
  switch (step.onError.kind) {
    case "use_default":
      return { kind: "use_default", value: step.onError.value };
    case "skip":
      return { kind: "skip" };
    case "fail":
    case "retry":
      return { kind: "fail" };
  }
}

/** Transport failures may never have reached the component; component failures are its verdict. Others never get better. */
export function retryClass(code: TaskErrorCode): RetryClass | undefined {
  switch (code) {
    case "UNREACHABLE":
    case "TIMEOUT":
      return "transport";
    case "COMPONENT_FAILED":
    case "RESOURCE_UNAVAILABLE":
      return "component";
    default:
      return undefined;
  }
}

function retryByPolicy(policy: NonNullable<Step["retry"]>, failed: FailedAttempt): FailureDecision | undefined {
  const reference = retryClass(failed.error.code);
  const worthIt = policy.on ? policy.on.includes(failed.error.code) : reference !== undefined;
  const decided = failed.tries.transport + failed.tries.component;
  if (!worthIt || decided + 1 >= policy.maxAttempts) return undefined;
  return { kind: "retry", class: reference ?? "component", delayMs: delay(policy.backoff, decided + 1, failed) };
}

function retryByReference(step: Step, failed: FailedAttempt, settings: EngineSettings): FailureDecision | undefined {
  if (failed.onlyOwnRetry || step.onError.kind === "use_default" || step.onError.kind === "skip") return undefined;
  const kind = retryClass(failed.error.code);
  if (!kind) return undefined;
  const budget =
    kind === "transport" ? settings.transportMaxRetries : step.onError.kind === "retry" ? step.onError.maxRetries : 0;
  const used = failed.tries[kind];
  if (used >= budget) return undefined;
  return { kind: "retry", class: kind, delayMs: delay(settings.backoff, used + 1, failed) };
}

/** The worker's `Retry-After` is a lower bound. */
function delay(backoff: Parameters<typeof backoffDelay>[0], n: number, failed: FailedAttempt): number {
  return Math.max(failed.retryAfterMs ?? 0, backoffDelay(backoff, n, chanceOf(`${failed.taskKey}:${n}`)));
}

/** The error a failed outcome leaves in the run; a crash gets the reference's shape (flow-semantics §3.4). */
export function errorOf(
  outcome: Exclude<TaskOutcome, { kind: "success" }>,
  stepId: string,
  componentId: string,
): TaskError {
  if (outcome.kind === "failed") return outcome.error;
  const message = `step "${stepId}" failed`;
  const attachments = [
    `Component: ${componentId}`,
    `Component execution failed for step '${stepId}'`,
    ...outcome.attachments,
  ];
  return {
    code: "UNREACHABLE",
    message,
    data: { stack: [{ error: message, attachments }, ...outcome.causes.map((error) => ({ error }))] },
  };
}
