import { fireTimes } from "./fire-times.ts";
import type { Timetable } from "./timetable.ts";

/** Whatever the window, this late is on time. */
export const PUNCTUAL_MS = 60_000;
/** Times looked at in one go; who has more comes back with the rest. */
export const MAX_DUE = 1000;

export interface CatchUp {
  /** Times missed by no more than this are made up for. */
  readonly windowMs: number;
  /** All of them, or only the latest. */
  readonly mode: "all" | "latest";
}

/** What has come due since `decidedUntil`. Each time is in one of the three. */
export interface DueTimes {
  /** To be fired, in order. */
  readonly due: readonly number[];
  /** In the window, but a later one is fired instead. */
  readonly superseded: readonly number[];
  /** Before the window: the first, and the last of those that were counted (`isAtLeast`: there were more). */
  readonly missed?: {
    readonly first: number;
    readonly last: number;
    readonly count: number;
    readonly isAtLeast: boolean;
  };
  /** Everything up to here is decided now. */
  readonly decidedUntil: number;
}

/**
 * Decides over all times in (`decidedUntil`, `now`] (TRIG-55). A clock that has gone back takes the mark along: times that come
 * again are told apart by their firings. Pure; one call looks at `MAX_DUE` times.
 */
export function dueTimes(timetable: Timetable, catchUp: CatchUp, decidedUntil: number, now: number): DueTimes {
  if (now < decidedUntil)
    return { due: [], superseded: [], decidedUntil: now < decidedUntil - PUNCTUAL_MS ? now : decidedUntil };
  const windowFrom = now - Math.max(catchUp.windowMs, PUNCTUAL_MS);
  const inWindow = fireTimes(timetable, Math.max(decidedUntil, windowFrom - 1), now, MAX_DUE);
  const last = inWindow.at(-1);
  const isCut = inWindow.length === MAX_DUE && last !== undefined;
  const giveWay = (at: number) => catchUp.mode === "latest" && at < now - PUNCTUAL_MS && (isCut || at !== last);
  const missed = fireTimes(timetable, decidedUntil, windowFrom - 1, MAX_DUE);
  const [first] = missed;
  return {
    due: inWindow.filter((at) => !giveWay(at)),
    superseded: inWindow.filter(giveWay),
    ...(first !== undefined && {
      missed: { first, last: missed.at(-1) ?? first, count: missed.length, isAtLeast: missed.length === MAX_DUE },
    }),
    decidedUntil: isCut ? last : now,
  };
}
