export { fireTimes, nextFireTime } from "./fire-times.ts";
export { jitterOf } from "./jitter.ts";
export { type CatchUp, type DueTimes, dueTimes } from "./missed-firings.ts";
export { decideOverlap, OVERLAPS, type Overlap } from "./overlap.ts";
export { parseCron } from "./parse-cron.ts";
export { type ReadSchedule, readSchedule, type Schedule, type ScheduleFault, scheduleFaults } from "./read-schedule.ts";
export type { Timetable, Timing } from "./timetable.ts";
