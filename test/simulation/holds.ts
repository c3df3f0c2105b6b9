/** Pauses and resumes of a seed's run, and what must hold in between. */
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { ActiveTask, RunTree } from "../../src/core/run/state.ts";
import { activeTask, isPaused } from "../../src/core/run/state.ts";
import type { Prng } from "./prng.ts";
import { check } from "./simulation-failure.ts";

export interface Hold {
  /** Milliseconds after the start. */
  readonly fromMs: number;
  readonly forMs: number;
}

/** None in two seeds of three; never two at a time. */
export function generateHolds(prng: Prng): readonly Hold[] {
  if (!prng.chance(0.35)) return [];
  const holds: Hold[] = [];
  for (let fromMs = prng.between(0, 3_000); holds.length < 4 && prng.chance(0.7); ) {
    const forMs = prng.pick([0, 1, prng.between(0, 500), prng.between(0, 30_000)]);
    holds.push({ fromMs, forMs });
    fromMs += forMs + prng.between(1, 5_000);
  }
  return holds;
}

/** RUN-110, judged by the state before the row. */
export function checkHeld(tree: RunTree, { event, seq }: JournalEntry): void {
  if (!isPaused(tree)) return;
  const starts =
    event.kind === "step_started" ||
    event.kind === "step_waiting" ||
    event.kind === "sub_run_created" ||
    (event.kind === "step_completed" && event.attempt > 0 && !isUnderWay(activeTask(tree, event)));
  check(!starts, () => `row ${seq} starts something while the run is paused: ${JSON.stringify(event)}`);
}

function isUnderWay(before: ActiveTask | undefined): boolean {
  return before !== undefined && before.kind !== "backing_off";
}
