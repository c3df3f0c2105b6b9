/** A cron by definition: every second (or minute) of a span is looked at through `Intl`. Slow, and without cleverness. */
export interface NaiveCron {
  /** `undefined`: any. */
  readonly minutes: readonly number[] | undefined;
  readonly hours: readonly number[] | undefined;
  readonly days: readonly number[] | undefined;
  readonly months: readonly number[] | undefined;
  readonly weekdays: readonly number[] | undefined;
}
const MINUTE = 60_000;

export function cronText({ minutes, hours, days, months, weekdays }: NaiveCron): string {
  return [minutes, hours, days, months, weekdays].map((field) => field?.join(",") ?? "*").join(" ");
}

interface WallTime {
  readonly date: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}
const formats = new Map<string, Intl.DateTimeFormat>();

const known = new Map<string, number>();

/** The wall clock as if it were UTC: minutes since the epoch. */
function wallMinute(at: number, timezone: string): number {
  const key = `${timezone} ${at}`;
  const found = known.get(key) ?? readWallMinute(at, timezone);
  known.set(key, found);
  return found;
}

function readWallMinute(at: number, timezone: string): number {
  let format = formats.get(timezone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: timezone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(timezone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"], part["hour"], part["minute"]) / MINUTE;
}

function wallTime(wall: number): WallTime {
  const date = new Date(wall * MINUTE);
  return {
    date: Math.floor(wall / 1440),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

function matches(cron: NaiveCron, time: WallTime): boolean {
  const fits = (field: readonly number[] | undefined, value: number) => field === undefined || field.includes(value);
  const day = fits(cron.days, time.day);
  const weekday = fits(cron.weekdays, time.weekday);
  // Both given: either will do, as in every cron.
  const fitsDay = cron.days !== undefined && cron.weekdays !== undefined ? day || weekday : day && weekday;
  return fits(cron.minutes, time.minute) && fits(cron.hours, time.hour) && fits(cron.months, time.month) && fitsDay;
}

/** Due times in [`from`, `until`), both whole minutes. */
export function naiveFireTimes(cron: NaiveCron, timezone: string, from: number, until: number): number[] {
  const namesWallTimes = cron.minutes !== undefined && cron.hours !== undefined;
  const due = new Set<number>();
  let before = wallMinute(from - MINUTE, timezone);
  // Wall times that came before may come again.
  const seen = new Set<number>();
  for (let at = from - 180 * MINUTE; at < from; at += MINUTE) seen.add(wallMinute(at, timezone));
  for (let at = from; at < until; at += MINUTE) {
    const wall = wallMinute(at, timezone);
    if (namesWallTimes) {
      // What the clock leaps over is due when it has leapt.
      for (let skipped = before + 1; skipped < wall; skipped++) if (matches(cron, wallTime(skipped))) due.add(at);
      if (!seen.has(wall) && matches(cron, wallTime(wall))) due.add(at);
      seen.add(wall);
    } else if (matches(cron, wallTime(wall))) due.add(at);
    before = wall;
  }
  return [...due];
}
