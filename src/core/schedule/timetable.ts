/** When a schedule is due (TRIG-50 … TRIG-53). Times are epoch milliseconds. */
export type Timing =
  /** Five or six fields, by the wall clock of an IANA time zone. */
  | { readonly kind: "cron"; readonly expression: string; readonly timezone: string }
  /** Every `everyMs` from `anchorAt` on, the anchor included. */
  | { readonly kind: "every"; readonly everyMs: number; readonly anchorAt: number }
  /** Once. */
  | { readonly kind: "at"; readonly at: number };

export interface Timetable {
  readonly timing: Timing;
  /** Nothing is due before. */
  readonly startAt?: number;
  /** Nothing is due then or later. */
  readonly endAt?: number;
}
