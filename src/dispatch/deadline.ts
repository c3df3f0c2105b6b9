import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { AttemptCall, AttemptReply } from "../core/ports/transport.ts";

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
 * Runs one attempt until its deadline or until `signal` aborts, whichever comes first: TIMEOUT or CANCELLED. The attempt's own
 * signal is aborted then, so that nothing of it lives on; the outcome does not wait for an attempt that ignores it. An attempt
 * that has come to its end is not aborted: that would cost every call an exception. What it throws becomes a `crashed` outcome.
 */
export async function withinDeadline<Reply extends AttemptReply>(
  call: AttemptCall,
  signal: AbortSignal,
  timers: Timers,
  attempt: (signal: AbortSignal) => Promise<Reply>,
): Promise<Reply | TaskOutcome> {
  if (signal.aborted) return cancelled(call);
  const remainingMs = call.deadlineAt - timers.now();
  if (remainingMs <= 0) return timedOut(call);
  const controller = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<TaskOutcome>();
  const stop = (outcome: TaskOutcome): void => {
    end(outcome);
    controller.abort("the attempt has ended");
  };
  const onAbort = (): void => stop(cancelled(call));
  const stopTimer = timers.after(Math.min(remainingMs, MAX_DELAY_MS), () => stop(timedOut(call)));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const attempted = attempt(controller.signal).catch(crashed);
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

const MAX_CAUSES = 8;

function crashed(thrown: unknown): TaskOutcome {
  const causes: string[] = [];
  for (let cause = thrown; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause)
    causes.push(cause.message);
  return { kind: "crashed", attachments: [], causes: causes.length > 0 ? causes : ["unknown fault"] };
}
