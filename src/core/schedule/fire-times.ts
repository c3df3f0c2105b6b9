import { assertNever } from "../../protocol/assert-never.ts";
import { parseCron } from "./parse-cron.ts";
import type { Timetable, Timing } from "./timetable.ts";

/** The first time after `after` (epoch ms, exclusive) at which the schedule is due; `undefined` when it never is again. */
export function nextFireTime({ timing, startAt, endAt }: Timetable, after: number): number | undefined {
  // A time at `startAt` itself counts.
  const next = nextOf(timing, startAt === undefined ? after : Math.max(after, startAt - 1));
  return next === undefined || (endAt !== undefined && next >= endAt) ? undefined : next;
}

/** At most `limit` times in (`after`, `until`], in order. */
export function fireTimes(timetable: Timetable, after: number, until: number, limit: number): number[] {
  const times: number[] = [];
  let next = nextFireTime(timetable, after);
  while (next !== undefined && next <= until && times.length < limit) {
    times.push(next);
    next = nextFireTime(timetable, next);
  }
  return times;
}

function nextOf(timing: Timing, after: number): number | undefined {
  switch (timing.kind) {
    case "cron": {
      const parsed = parseCron(timing.expression, timing.timezone);
      // It was checked when the schedule was stored; the zone may have been renamed since.
      if (parsed.kind === "invalid") return undefined;
      return parsed.cron.nextRun(new Date(after))?.getTime();
    }
    case "every": {
      const { everyMs, anchorAt } = timing;
      return after < anchorAt ? anchorAt : anchorAt + (Math.floor((after - anchorAt) / everyMs) + 1) * everyMs;
    }
    case "at":
      return timing.at > after ? timing.at : undefined;
    default:
      return assertNever(timing);
  }
}
