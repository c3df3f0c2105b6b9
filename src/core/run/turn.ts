/**
 * One turn: from a command to the events it causes. Events are applied to the state as they are decided, so that a chain of
 * builtin steps is walked in one turn; the shell appends them in one block before any effect leaves.
 */
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { JournalEntry, StoredValue } from "../ports/journal.ts";
import type { Value } from "../ports/value.ts";
import type { Effect } from "./command.ts";
import type { Engine } from "./engine.ts";
import type { RunEvent } from "./event.ts";
import { evolve } from "./evolve.ts";
import type { Agendum } from "./schedule.ts";

export interface Turn extends Engine {
  /** Epoch milliseconds; the same for the whole turn. */
  readonly now: number;
  readonly entries: JournalEntry[];
  readonly effects: Effect[];
  readonly missing: Set<BlobId>;
}

/** Appends an event to the turn and applies it. Returns its sequence number. */
export function emit(turn: Turn, event: RunEvent, value?: Value | StoredValue): number {
  const seq = turn.tree.seq + 1;
  const stored = value && storedForm(value);
  const entry: JournalEntry = stored ? { seq, at: turn.now, event, value: stored } : { seq, at: turn.now, event };
  turn.entries.push(entry);
  if (stored) turn.values.pin(seq, stored, value.kind === "inline" ? value.json : undefined);
  evolve(turn.tree, entry, turn.plans);
  return seq;
}

export function inline(json: Json): Value {
  return { kind: "inline", json };
}

/** Puts something off until `blobs` are in memory. */
export function park(turn: Turn, agendum: Agendum, blobs: readonly BlobId[]): void {
  turn.schedule.parked.push({ agendum, blobs, read: turn.values.suppliedRead() });
  for (const blob of blobs) turn.missing.add(blob);
}

function storedForm(value: Value | StoredValue): StoredValue {
  return value.kind === "inline" ? { kind: "text", text: value.text ?? JSON.stringify(value.json) } : value;
}
