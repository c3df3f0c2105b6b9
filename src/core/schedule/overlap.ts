/** What a firing does while an earlier run of its schedule is still running (TRIG-57). */
export const OVERLAPS = ["skip", "queue", "allow", "cancel_running"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Firings of the timetable that may wait for their turn; one more is skipped. Those asked for (backfills) always wait. */
export const MAX_QUEUED = 100;

export interface Situation {
  readonly overlap: Overlap;
  /** A run of this schedule has not ended yet, or is being started. */
  readonly isRunning: boolean;
  /** Firings that wait already, this one not counted. */
  readonly queued: number;
  /** Somebody asked for this firing. */
  readonly isAskedFor: boolean;
}
export type OverlapDecision =
  | { readonly kind: "start" }
  /** Those that run are cancelled first. */
  | { readonly kind: "cancel_and_start" }
  | { readonly kind: "wait" }
  | { readonly kind: "skip"; readonly reason: "overlap" | "queue_full" };

export function decideOverlap({ overlap, isRunning, queued, isAskedFor }: Situation): OverlapDecision {
  if (!isRunning || overlap === "allow") return { kind: "start" };
  if (overlap === "cancel_running") return { kind: "cancel_and_start" };
  if (overlap === "skip") return { kind: "skip", reason: "overlap" };
  return queued < MAX_QUEUED || isAskedFor ? { kind: "wait" } : { kind: "skip", reason: "queue_full" };
}
