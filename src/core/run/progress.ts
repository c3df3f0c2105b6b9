/** What workers tell of their progress: journaled, and handed to the next attempt of the task (RUN-160, RUN-161). */
import type { Progress } from "../../protocol/progress.ts";
import type { Command } from "./command.ts";
import { attemptUnderWay } from "./settle-attempt.ts";
import type { ActiveTask } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

export function noteProgress(
  turn: Turn,
  { task, attempt, progress }: Extract<Command, { kind: "note_progress" }>,
): void {
  if (attemptUnderWay(turn.tree, task, attempt))
    emit(turn, { kind: "attempt_progress", ...task, attempt }, inline({ ...progress }));
}

/** What the attempts before told last. */
export function lastProgress(turn: Turn, before: ActiveTask | undefined): Progress | undefined {
  const seq = before && "progressSeq" in before ? before.progressSeq : undefined;
  if (seq === undefined) return undefined;
  const read = turn.values.read(seq);
  // The row of an `attempt_progress` holds what `noteProgress` put there; it is always small enough to lie in its row.
  return read.kind === "value" ? (read.value as Progress) : undefined;
}
