import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { Command } from "../../src/core/run/command.ts";
import type { EngineSettings } from "../../src/core/run/engine.ts";
import type { RunTree } from "../../src/core/run/state.ts";
import { activeTask } from "../../src/core/run/state.ts";
import { stepAt } from "../../src/core/run/task.ts";
import { check } from "./simulation-failure.ts";
import { addressKey, decidedRetries } from "./task-names.ts";

/** The next attempt is due after the back-off of the step or of the orchestrator, and not before the worker asked for it. */
export function checkBackoff(
  before: RunTree,
  { event, at }: JournalEntry,
  command: Command,
  settings: EngineSettings,
): void {
  if (event.kind !== "attempt_failed") return;
  const wait = event.retryAt - at;
  const where = () => `${addressKey(event)} is tried again after ${wait} ms`;
  if (
    command.kind === "settle_attempt" &&
    addressKey(command.task) === addressKey(event) &&
    // Not a late reply to the one before, while this one is given up.
    command.attempt === event.attempt &&
    command.outcome.kind === "failed"
  ) {
    const { retryAfterMs = 0 } = command.outcome;
    check(wait >= retryAfterMs, () => `${where()}, its worker asked for ${retryAfterMs}`);
  }
  const policy = stepAt(before, event).step.retry;
  const backoff = policy?.backoff ?? settings.backoff;
  if (backoff.jitter === "full") return;
  const active = activeTask(before, event);
  const tries = active && "tries" in active ? active.tries : { transport: 0, component: 0, resends: 0 };
  const n = (policy ? decidedRetries(tries) : tries[event.class]) + 1;
  const due = Math.min(backoff.maxDelayMs, backoff.minDelayMs * factorOf(backoff, n));
  check(wait >= Math.floor(due), () => `${where()}, its back-off says ${due}`);
}

function factorOf(backoff: EngineSettings["backoff"], n: number): number {
  if (backoff.type === "constant") return 1;
  if (backoff.type === "exponential") return backoff.factor ** (n - 1);
  return n <= 2 ? 1 : factorOf(backoff, n - 1) + factorOf(backoff, n - 2);
}
