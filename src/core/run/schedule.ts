/**
 * What is derived from the state so that nothing is searched for: who waits for which step, what is ready, which timers run.
 * It is never stored; `rebuildSchedule` makes it again after a load. Every entry may be out of date: whoever takes one out
 * checks it against the state first.
 */
import TinyQueue from "tinyqueue";
import type { BlobId } from "../../protocol/ids.ts";
import type { Expression } from "../expression/expression.ts";
import type { TaskAddress } from "./event.ts";

/** Index of a step, or `OUTPUT` for the flow's output: whose expression is waiting. */
export type Owner = number;
export const OUTPUT: Owner = -1;
/** Expressions of a step in the order they are looked at; the output has only `input`. */
export type Phase = "skip" | "foreach" | "input";

export interface Schedule {
  /** The latest time a turn was taken at, epoch milliseconds: no later turn is taken at an earlier one. */
  clock: number;
  /** Things to look at before anything new starts; last in, first out. */
  readonly agenda: Agendum[];
  parked: Parked[];
  /** What would start something, while the run is paused. */
  held: Agendum[];
  /** By item, then step, then run: depth first. */
  readonly ready: TinyQueue<TaskAddress>;
  /** Where further tasks come from once nothing is ready; the newest first. */
  readonly sources: Source[];
  readonly timers: TinyQueue<Timer>;
  /** Items under way, by run ordinal and item index. */
  readonly items: Map<number, Map<number, ItemSchedule>>;
}

/** An agendum that waits for blobs, and what it has read of those that were fetched: kept until it is looked at again. */
export interface Parked {
  readonly agendum: Agendum;
  readonly blobs: readonly BlobId[];
  readonly read: readonly BlobId[];
}

export type Agendum =
  | { readonly kind: "open_phase"; readonly item: ItemSchedule; readonly owner: Owner; readonly phase: Phase }
  | { readonly kind: "look_again"; readonly item: ItemSchedule; readonly watch: Watch }
  | { readonly kind: "phase_ready"; readonly item: ItemSchedule; readonly owner: Owner; readonly phase: Phase }
  /** `lost`: the attempt that was lost with whoever held it, and goes out once more. */
  | { readonly kind: "start_task"; readonly task: TaskAddress; readonly lost: number | undefined }
  | { readonly kind: "finish_foreach"; readonly task: TaskAddress }
  | { readonly kind: "finish_item"; readonly item: ItemSchedule }
  | { readonly kind: "continue_parent"; readonly run: number }
  | { readonly kind: "compensate"; readonly of: { readonly run: number; readonly item: number } }
  | SignalAgendum;

/** A new signal looks for a wait, or a new wait for a signal that was kept. */
export type SignalAgendum =
  | { readonly kind: "match_signal"; readonly run: number; readonly name: string; readonly seq: number }
  | { readonly kind: "match_wait"; readonly task: TaskAddress };

export interface ItemSchedule {
  readonly run: number;
  readonly item: number;
  /** Steps something under way depends on. */
  readonly needed: Uint8Array;
  /** By the step they wait for. */
  readonly waiters: Map<number, Watch[]>;
  /** Watches an owner's phase still waits for. */
  readonly open: Map<Owner, number>;
  /** Needed steps that have not settled. */
  outstanding: number;
  outputReady: boolean;
}

/** One reason why an owner's phase is not ready. */
export interface Watch {
  readonly owner: Owner;
  readonly phase: Phase;
  /** A lazy part, looked at again whenever one of its steps settles; absent: the static references, counted. */
  readonly lazy: Expression | undefined;
  pending: number;
  done: boolean;
}

export type Source =
  | { readonly kind: "chunks"; readonly run: number; next: number; active: number; readonly limit: number }
  | { readonly kind: "items"; readonly run: number; next: number; active: number; readonly limit: number }
  | { readonly kind: "elements"; readonly task: TaskAddress; next: number; active: number; readonly limit: number };

export type Timer =
  | { readonly kind: "deadline"; readonly at: number; readonly task: TaskAddress; readonly attempt: number }
  | { readonly kind: "retry" | "sleep" | "wait"; readonly at: number; readonly task: TaskAddress }
  | { readonly kind: "item_deadline"; readonly at: number; readonly run: number; readonly item: number }
  | { readonly kind: "run_deadline"; readonly at: number; readonly run: number };

export function emptySchedule(): Schedule {
  return {
    clock: 0,
    agenda: [],
    parked: [],
    held: [],
    ready: new TinyQueue<TaskAddress>([], depthFirst),
    sources: [],
    timers: new TinyQueue<Timer>([], (a, b) => a.at - b.at),
    items: new Map(),
  };
}

function depthFirst(a: TaskAddress, b: TaskAddress): number {
  return a.item - b.item || a.step - b.step || (a.element ?? 0) - (b.element ?? 0) || a.run - b.run;
}

/** False once the item or its run has ended: what the agenda still holds for it is out of date. */
export function isUnderWay(schedule: Schedule, item: ItemSchedule): boolean {
  return itemSchedule(schedule, item.run, item.item) === item;
}

export function itemSchedule(schedule: Schedule, run: number, item: number): ItemSchedule | undefined {
  return schedule.items.get(run)?.get(item);
}
