import { dueTimes, jitterOf, type Schedule } from "../core/schedule/index.ts";
import type { Firings } from "./firings.ts";

export interface TimetablePosition {
  /** `<namespace>/<name>`. */
  readonly schedule: string;
  readonly decidedUntil: number;
  readonly now: number;
}

/** Makes firings of the times that have come due, each once; answers up to when all is decided. */
export function addDueFirings(firings: Firings, schedule: Schedule, position: TimetablePosition): number {
  const { decidedUntil, now } = position;
  const {
    due,
    superseded,
    missed,
    decidedUntil: decided,
  } = dueTimes(schedule.timetable, schedule.catchUp, decidedUntil, now);
  const add = (scheduledAt: number, more: Partial<Parameters<Firings["add"]>[0]> = {}) =>
    firings.add({
      key: new Date(scheduledAt).toISOString(),
      scheduledAt,
      cause: "timetable",
      dueAt: scheduledAt + jitterOf(position.schedule, scheduledAt, schedule.jitterMs),
      ...more,
    });
  if (missed) {
    const { first, last, count, isAtLeast } = missed;
    const times = `${isAtLeast ? "at least " : ""}${count} ${count === 1 ? "time" : "times"}`;
    const until = count === 1 ? "" : ` to ${new Date(last).toISOString()}`;
    const message = `missed ${times}, ${new Date(first).toISOString()}${until}: longer ago than \`catchUp\``;
    add(first, { state: "skipped", reason: "missed", message });
  }
  for (const at of superseded) add(at, { state: "skipped", reason: "superseded" });
  for (const at of due) add(at);
  return decided;
}
