/**
 * Holds a run tree: nothing new starts until it is resumed, over restarts too. Attempts under way go on and what they come to is
 * taken in; timers keep their due times. Everything that would start something waits in the schedule's `held`, `ready` and
 * `sources`, which a load makes again.
 */
import type { ChildAction } from "./command.ts";
import type { PausedBy } from "./event.ts";
import { isPaused } from "./state.ts";
import { controlChildren } from "./submit-child.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

export function pauseRun(turn: Turn, by: PausedBy): void {
  const root = turn.tree.runs[0];
  // One that is being cancelled is not held: it would be neither the one nor the other.
  if (root?.status !== "running" || root.stopping || turn.tree.pausedBy.includes(by)) return;
  emit(turn, { kind: "run_paused", run: 0, by });
  tellChildren(turn, "pause");
}

/** It goes on once nobody holds it any more. */
export function resumeRun(turn: Turn, by: PausedBy): void {
  if (turn.tree.runs[0]?.status !== "running" || !turn.tree.pausedBy.includes(by)) return;
  emit(turn, { kind: "run_resumed", run: 0, by });
  if (isPaused(turn.tree)) return;
  turn.schedule.agenda.push(...turn.schedule.held.splice(0));
  tellChildren(turn, "resume");
}

function tellChildren(turn: Turn, action: ChildAction): void {
  for (const node of turn.tree.runs) if (node.status === "running") controlChildren(turn, node, action);
}
