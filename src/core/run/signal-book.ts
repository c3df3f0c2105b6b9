/**
 * The bookkeeping of signals: which were addressed to a run, which of them no wait has taken yet, and who waits for what. Changed
 * by `evolve` alone. Order is that of the rows: first come, first served.
 */
import type { TaskAddress } from "./event.ts";

/** Of one run. */
export interface SignalBook {
  /** Signals taken in, duplicates apart. */
  count: number;
  /** Ids seen. */
  readonly ids: Set<string>;
  /** Rows of those that nobody has taken, by name, oldest first. */
  readonly kept: Map<string, number[]>;
}

/** A book as it lies in a snapshot. */
export interface SignalBookSnapshot {
  readonly count: number;
  readonly ids: readonly string[];
  readonly kept: readonly (readonly [string, readonly number[]])[];
}

/** Waiting tasks by the name they wait for, then by the row of their `signal_awaited`. Approvals stand under `APPROVALS`. */
export type WaitIndex = Map<string, Map<number, TaskAddress>>;

/** No signal has an empty name. */
const APPROVALS = "";

export function newWaitIndex(): WaitIndex {
  return new Map();
}

export function indexWait(waits: WaitIndex, name: string | undefined, seq: number, task: TaskAddress): void {
  const key = name ?? APPROVALS;
  const known = waits.get(key);
  if (known) known.set(seq, task);
  else waits.set(key, new Map([[seq, task]]));
}

export function unindexWait(waits: WaitIndex, name: string | undefined, seq: number): void {
  const key = name ?? APPROVALS;
  const known = waits.get(key);
  known?.delete(seq);
  if (known?.size === 0) waits.delete(key);
}

export function keepSignal(
  node: { signals: SignalBook | undefined },
  seq: number,
  { name, signalId }: { readonly name: string; readonly signalId?: string },
): void {
  const book = (node.signals ??= { count: 0, ids: new Set(), kept: new Map() });
  book.count += 1;
  if (signalId !== undefined) book.ids.add(signalId);
  const rows = book.kept.get(name);
  if (rows) rows.push(seq);
  else book.kept.set(name, [seq]);
}

/** The signal of row `seq` was taken by a wait of run `run`; it may have been addressed to any run above. */
export function takeSignal(runs: readonly BookNode[], run: number, name: string, seq: number): void {
  for (const { signals } of upwards(runs, run)) {
    const rows = signals?.kept.get(name);
    const at = rows?.indexOf(seq) ?? -1;
    if (!signals || !rows || at < 0) continue;
    if (rows.length === 1) signals.kept.delete(name);
    else rows.splice(at, 1);
    return;
  }
}

/** Nobody takes them any more; their ids are still known. */
export function dropSignals({ signals }: { readonly signals: SignalBook | undefined }): void {
  signals?.kept.clear();
}

interface BookNode {
  readonly ordinal: number;
  readonly parent: { readonly task: TaskAddress } | undefined;
  readonly signals: SignalBook | undefined;
}

/** The run itself, then its parent, and so on to the root. */
export function* upwards<Node extends BookNode>(runs: readonly Node[], run: number): Generator<Node> {
  for (let node = runs[run]; node; node = node.parent && runs[node.parent.task.run]) yield node;
}

export function writeSignalBook({ count, ids, kept }: SignalBook): SignalBookSnapshot {
  return { count, ids: [...ids], kept: [...kept] };
}

export function readSignalBook({ count, ids, kept }: SignalBookSnapshot): SignalBook {
  return { count, ids: new Set(ids), kept: new Map(kept.map(([name, rows]) => [name, [...rows]])) };
}
