import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { AttemptCall } from "../core/ports/transport.ts";

/** The clock as transports see it. */
export interface Timers {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `run` once after `delayMs`, unless the returned function is called before. A timer left behind keeps an object awake. */
  after(delayMs: number, run: () => void): () => void;
}

/** The longest delay that timers can count. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Runs one attempt until its deadline or until `signal` aborts, whichever comes first: TIMEOUT or CANCELLED, and the attempt's
 * own signal is aborted. The outcome does not wait for an attempt that ignores its signal.
 */
export async function withinDeadline(
  call: AttemptCall,
  signal: AbortSignal,
  timers: Timers,
  attempt: (signal: AbortSignal) => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  if (signal.aborted) return cancelled(call);
  const remainingMs = call.deadlineAt - timers.now();
  if (remainingMs <= 0) return timedOut(call);
  const controller = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<TaskOutcome>();
  const stop = (outcome: TaskOutcome): void => {
    end(outcome);
    controller.abort();
  };
  const onAbort = (): void => stop(cancelled(call));
  const stopTimer = timers.after(Math.min(remainingMs, MAX_DELAY_MS), () => stop(timedOut(call)));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const attempted = attempt(controller.signal);
    // Once the deadline has decided, how the aborted attempt ends is of no interest.
    attempted.catch(() => {});
    return await Promise.race([ended, attempted]);
  } finally {
    stopTimer();
    signal.removeEventListener("abort", onAbort);
  }
}

function timedOut({ componentId, plugin }: AttemptCall): TaskOutcome {
  const message = `component '${componentId}' of plugin '${plugin}' did not answer before the deadline of the attempt`;
  return { kind: "failed", error: { code: "TIMEOUT", message } };
}

function cancelled({ componentId }: AttemptCall): TaskOutcome {
  return {
    kind: "failed",
    error: { code: "CANCELLED", message: `the call of component '${componentId}' was cancelled` },
  };
}
