import type { Value } from "../ports/value.ts";
import { boundResult } from "./bound-result.ts";
import type { SignalCommand } from "./command.ts";
import { nodeAt } from "./evolve.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** So many signals may be addressed to one run; all their ids are remembered. */
export const MAX_SIGNALS_PER_RUN = 10_000;

export type SignalRefusal =
  /** Its id was seen before: it counts as taken. */
  | { readonly kind: "duplicate" }
  /** The run has ended. */
  | { readonly kind: "ended"; readonly message: string }
  | { readonly kind: "full"; readonly message: string }
  | { readonly kind: "unusable"; readonly message: string };

/** Why a run does not take a signal; nothing if it does. */
export function signalRefusal(
  node: Pick<RunNode, "signals" | "status">,
  signalId: string | undefined,
  value: Value,
  maxBytes: number,
): SignalRefusal | undefined {
  const { signals, status } = node;
  // Before anything else: whoever repeats a signal that ended the run is told that it was taken.
  if (signalId !== undefined && signals?.ids.has(signalId)) return { kind: "duplicate" };
  if (status === "cancelled") return { kind: "ended", message: "it was cancelled" };
  if (status !== "running") return { kind: "ended", message: `it has ended (${status})` };
  if (signals && signals.count >= MAX_SIGNALS_PER_RUN)
    return { kind: "full", message: `it has taken ${MAX_SIGNALS_PER_RUN} signals, the most a run takes` };
  const bound = boundResult(value, maxBytes);
  return bound.kind === "failed" ? { kind: "unusable", message: bound.error.message } : undefined;
}

export function receiveSignal(turn: Turn, command: Extract<SignalCommand, { kind: "signal_run" }>): void {
  const { run, name, signalId, value } = command;
  if (signalRefusal(nodeAt(turn.tree, run), signalId, value, turn.settings.maxResultBytes)) return;
  const seq = emit(turn, { kind: "signal_received", run, name, ...(signalId !== undefined && { signalId }) }, value);
  turn.schedule.agenda.push({ kind: "match_signal", run, name, seq });
}
