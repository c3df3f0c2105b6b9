/**
 * The engine's one entrance: a command and the time go in, events and effects come out. The events are applied to the
 * engine's state already; the shell appends them in one block, and lets the effects leave once they are durable. If anything
 * throws, or the append fails, the engine is discarded and loaded again from the journal.
 */
import type { JournalEntry } from "../ports/journal.ts";
import { advance } from "./advance.ts";
import { decideApproval } from "./approval.ts";
import { cancelRun } from "./cancel.ts";
import type { Command, Effect } from "./command.ts";
import { endChunk } from "./end-chunk.ts";
import type { Engine } from "./engine.ts";
import { assertNever } from "./engine-fault.ts";
import { handOver, loseAttempt, noteReport } from "./hand-over.ts";
import { pauseRun, resumeRun } from "./pause.ts";
import { noteProgress } from "./progress.ts";
import { receiveSignal } from "./receive-signal.ts";
import { recover } from "./recover.ts";
import { settleCall } from "./settle-attempt.ts";
import { startRun } from "./start-run.ts";
import { submitChild } from "./submit-child.ts";
import { supplyBlobs } from "./supply-blobs.ts";
import { fireTimers, nextDueAt } from "./timers.ts";
import type { Turn } from "./turn.ts";
import { withdrawCalls } from "./withdraw-calls.ts";

export interface Decision {
  readonly entries: readonly JournalEntry[];
  readonly effects: readonly Effect[];
  /** Come back with `proceed` after letting others in. */
  readonly more: boolean;
  /** When the next timer is due, epoch milliseconds. */
  readonly dueAt: number | undefined;
}

/** A clock that was set back stands still until it has caught up: what was due stays due, and the journal's time never goes back. */
export function decide(engine: Engine, command: Command, clock: number): Decision {
  const now = Math.max(clock, engine.tree.at, engine.schedule.clock);
  engine.schedule.clock = now;
  const turn: Turn = { ...engine, now, entries: [], effects: [], missing: new Set() };
  apply(turn, command, now - clock);
  const more = advance(turn);
  if (turn.missing.size > 0) turn.effects.push({ kind: "fetch_blobs", blobs: [...turn.missing] });
  if (!more) engine.values.keepSupplied(new Set(turn.schedule.parked.flatMap(({ read }) => read)));
  return { entries: turn.entries, effects: withdrawCalls(turn.effects), more, dueAt: nextDueAt(engine) };
}

/** `behindMs`: how far the clock has been set back; times in a command are by the clock. */
function apply(turn: Turn, command: Command, behindMs: number): void {
  switch (command.kind) {
    case "start_run":
      startRun(turn, command);
      return;
    case "settle_attempt":
      if (command.digest !== undefined) noteReport(turn, command.task, command.attempt, command.digest);
      settleCall(turn, command.task, command.attempt, command.outcome);
      return;
    case "hand_over_attempt":
      handOver(turn, { ...command, deadlineAt: command.deadlineAt + behindMs });
      return;
    case "note_progress":
      noteProgress(turn, command);
      return;
    case "lose_attempt":
      loseAttempt(turn, command.task, command.attempt);
      return;
    case "fire_timers":
      fireTimers(turn);
      return;
    case "supply_blobs":
      supplyBlobs(turn, command.blobs);
      return;
    case "cancel_run":
      cancelRun(turn, command.run);
      return;
    case "pause_run":
      pauseRun(turn, command.by);
      return;
    case "resume_run":
      resumeRun(turn, command.by);
      return;
    case "end_chunk":
      endChunk(turn, command);
      return;
    case "signal_run":
      receiveSignal(turn, command);
      return;
    case "decide_approval":
      decideApproval(turn, command);
      return;
    case "submit_child":
      submitChild(turn, command);
      return;
    case "recover":
      recover(turn);
      return;
    case "proceed":
      return;
    default:
      assertNever(command);
  }
}
