import type { ScheduleDocument } from "../../protocol/api/trigger.ts";
import { parseDuration } from "../flow/index.ts";
import type { CatchUp } from "./missed-firings.ts";
import type { Overlap } from "./overlap.ts";
import { parseCron } from "./parse-cron.ts";
import type { Timetable, Timing } from "./timetable.ts";

/** A schedule as its object acts by it. */
export interface Schedule {
  readonly timetable: Timetable;
  readonly overlap: Overlap;
  readonly jitterMs: number;
  readonly catchUp: CatchUp;
}
export interface ScheduleFault {
  readonly field: string;
  readonly message: string;
}
export type ReadSchedule =
  | { readonly kind: "schedule"; readonly schedule: Schedule }
  | { readonly kind: "invalid"; readonly faults: readonly ScheduleFault[] };

type Fields = Pick<
  ScheduleDocument,
  "cron" | "timezone" | "every" | "at" | "startAt" | "endAt" | "overlap" | "jitter" | "catchUp" | "catchUpMode"
>;
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a document says, or everything that is wrong with it and where (TRIG-54). `createdAt` anchors intervals without `startAt`. */
export function readSchedule(document: Fields, createdAt: number): ReadSchedule {
  const faults: ScheduleFault[] = [];
  const refuse = (field: string, message: string): undefined => {
    faults.push({ field, message });
  };
  const durationOf = (field: "every" | "jitter" | "catchUp", least: number, most: number, spelt: string) => {
    const source = document[field];
    if (source === undefined) return undefined;
    const parsed = parseDuration(source);
    if (parsed.kind === "invalid") return refuse(field, parsed.message);
    return parsed.ms < least || parsed.ms > most ? refuse(field, spelt) : parsed.ms;
  };
  const startAt = document.startAt === undefined ? undefined : Date.parse(document.startAt);
  const endAt = document.endAt === undefined ? undefined : Date.parse(document.endAt);
  const given = (["cron", "every", "at"] as const).filter((field) => document[field] !== undefined);
  if (given.length === 0) refuse("cron", "give one of `cron`, `every` and `at`");
  if (given[1] !== undefined)
    refuse(given[1], `give only one of ${given.map((field) => `\`${field}\``).join(" and ")}`);
  if (document.timezone !== undefined && document.cron === undefined)
    refuse("timezone", "goes with `cron` only: other times are the same everywhere");
  const everyMs = durationOf("every", SECOND, 3650 * DAY, "shorter than a second");
  const jitterMs = durationOf("jitter", 0, DAY, "longer than a day") ?? 0;
  const windowMs = durationOf("catchUp", 0, 7 * DAY, "longer than 7 days") ?? HOUR;
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) refuse("endAt", "is not after `startAt`");
  const timing = timingOf(document, everyMs, startAt ?? createdAt, refuse);
  if (timing === undefined || faults.length > 0) return { kind: "invalid", faults };
  if (timing.kind === "at" && ((startAt ?? timing.at) > timing.at || (endAt ?? Number.POSITIVE_INFINITY) <= timing.at))
    return { kind: "invalid", faults: [{ field: "at", message: "lies outside of `startAt` and `endAt`" }] };
  return {
    kind: "schedule",
    schedule: {
      timetable: { timing, ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) },
      overlap: document.overlap ?? "skip",
      jitterMs,
      catchUp: { windowMs, mode: document.catchUpMode ?? "all" },
    },
  };
}

export function scheduleFaults(document: Fields): readonly ScheduleFault[] {
  const read = readSchedule(document, 0);
  return read.kind === "invalid" ? read.faults : [];
}

function timingOf(
  { cron, timezone = "UTC", at }: Fields,
  everyMs: number | undefined,
  anchorAt: number,
  refuse: (field: string, message: string) => undefined,
): Timing | undefined {
  if (cron !== undefined) {
    const parsed = parseCron(cron, timezone);
    return parsed.kind === "cron" ? { kind: "cron", expression: cron, timezone } : refuse(parsed.field, parsed.message);
  }
  if (everyMs !== undefined) return { kind: "every", everyMs, anchorAt };
  return at === undefined ? undefined : { kind: "at", at: Date.parse(at) };
}
