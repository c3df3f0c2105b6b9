import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fireTimes, nextFireTime, parseCron, type Timetable } from "../../../src/core/schedule/index.ts";
import { cronText, type NaiveCron, naiveFireTimes } from "./naive-cron.ts";

const at = (text: string) => Date.parse(text);
const iso = (times: readonly number[]) => times.map((time) => new Date(time).toISOString().replace(":00.000Z", "Z"));
const cron = (expression: string, timezone = "UTC"): Timetable => ({ timing: { kind: "cron", expression, timezone } });
const first = (expression: string, timezone: string, after: string, count: number) =>
  iso(fireTimes(cron(expression, timezone), at(after), Number.MAX_SAFE_INTEGER, count));

describe("TRIG-51: wall times over real transitions", () => {
  it.each<[title: string, expression: string, timezone: string, after: string, times: readonly string[]]>([
    [
      "gap of an hour: at its end",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    ["asked at the end of the gap", "30 2 * * *", "Europe/Berlin", "2026-03-29T01:00Z", ["2026-03-30T00:30Z"]],
    [
      "in the gap and at its end: once",
      "0 2,3 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
    ],
    [
      "comes twice: the first time",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00Z",
      ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    ["asked between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:45Z", ["2026-10-26T01:30Z"]],
    [
      "gap in the south",
      "30 2 * * *",
      "Australia/Sydney",
      "2026-10-03T00:00Z",
      ["2026-10-03T16:00Z", "2026-10-04T15:30Z"],
    ],
    [
      "comes twice in the south",
      "30 2 * * *",
      "Australia/Sydney",
      "2026-04-04T00:00Z",
      ["2026-04-04T15:30Z", "2026-04-05T16:30Z"],
    ],
    [
      "gap of 30 minutes",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T00:00Z",
      ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ],
    [
      "30 minutes that come twice",
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2026-04-04T00:00Z",
      ["2026-04-04T14:45Z", "2026-04-05T15:15Z"],
    ],
    [
      "a day without midnight",
      "0 0 * * *",
      "America/Santiago",
      "2026-09-05T12:00Z",
      ["2026-09-06T04:00Z", "2026-09-07T03:00Z"],
    ],
    [
      "New York, both",
      "30 1 * * *",
      "America/New_York",
      "2026-10-31T12:00Z",
      ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ],
  ])("%s (%s %s)", (_title, expression, timezone, after, times) => {
    expect(first(expression, timezone, after, times.length)).toEqual(times);
  });

  it("TRIG-52: what goes by intervals follows the clock: no hour of silence, nothing made up in a gap", () => {
    expect(first("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 6)).toEqual([
      "2026-10-25T00:00Z",
      "2026-10-25T00:30Z",
      "2026-10-25T01:00Z",
      "2026-10-25T01:30Z",
      "2026-10-25T02:00Z",
      "2026-10-25T02:30Z",
    ]);
    expect(first("15 */2 * * *", "Europe/Berlin", "2026-03-29T00:00Z", 2)).toEqual([
      "2026-03-29T02:15Z",
      "2026-03-29T04:15Z",
    ]);
  });
});

describe("TRIG-50: cron", () => {
  it.each([
    ["0 9 * * MON-FRI", "2026-11-20T12:00Z", "2026-11-23T09:00Z"],
    ["0 0 L * *", "2026-02-03T00:00Z", "2026-02-28T00:00Z"],
    ["0 12 * * FRI#2", "2026-11-24T00:00Z", "2026-12-11T12:00Z"],
    ["0 12 * * FRIL", "2026-11-24T00:00Z", "2026-11-27T12:00Z"],
    ["0 0 1 JAN,JUL *", "2026-11-24T00:00Z", "2027-01-01T00:00Z"],
    ["0 0 29 2 *", "2026-11-24T00:00Z", "2028-02-29T00:00Z"],
    ["@daily", "2026-11-24T00:00Z", "2026-11-25T00:00Z"],
  ])("%s after %s", (expression, after, next) => {
    expect(first(expression, "UTC", after, 1)).toEqual([next]);
  });

  it("takes seconds as the first of six fields", () => {
    const times = fireTimes(cron("*/20 * * * * *"), at("2026-01-01T00:00:05.5Z"), at("2026-01-01T00:01:00Z"), 9);
    expect(times.map((time) => new Date(time).toISOString())).toEqual([
      "2026-01-01T00:00:20.000Z",
      "2026-01-01T00:00:40.000Z",
      "2026-01-01T00:01:00.000Z",
    ]);
  });

  it.each([
    ["* * * *", "UTC", "cron", "has 4 fields: write five"],
    ["", "UTC", "cron", "has 0 fields"],
    ["0 0 1 1 * * 2030", "UTC", "cron", "has 7 fields"],
    ["61 * * * *", "UTC", "cron", "minute: 61"],
    ["0 0 32 * *", "UTC", "cron", "day: 32"],
    ["0 0 * 13 *", "UTC", "cron", "month: 13"],
    ["0 0 30 2 *", "UTC", "cron", "never comes"],
    ["@sometimes", "UTC", "cron", "cannot be read"],
    ["5/10 * * * *", "UTC", "cron", "numeric prefix"],
    [`${"1,".repeat(200)}1 * * * *`, "UTC", "cron", "longer than"],
    ["0 0 * * *", "Europe/Berlim", "timezone", "IANA"],
    ["0 0 * * *", "+02:00", "timezone", "IANA"],
    ["0 0 * * *", "", "timezone", "IANA"],
  ])("TRIG-54: refuses %j in %j and names the field %s", (expression, timezone, field, message) => {
    expect(parseCron(expression, timezone)).toEqual({
      kind: "invalid",
      field,
      message: expect.stringContaining(message),
    });
  });
});

describe("TRIG-53: intervals and single times", () => {
  it("counts intervals from the anchor, however late it is asked", () => {
    const timetable: Timetable = { timing: { kind: "every", everyMs: 90_000, anchorAt: 1_000 } };
    expect(nextFireTime(timetable, 0)).toBe(1_000);
    expect(nextFireTime(timetable, 1_000)).toBe(91_000);
    expect(nextFireTime(timetable, 90_999_999)).toBe(91_081_000);
  });

  it("keeps to startAt (included) and endAt (excluded)", () => {
    const bounded = { ...cron("0 * * * *"), startAt: at("2026-01-01T10:00Z"), endAt: at("2026-01-01T12:00Z") };
    expect(iso(fireTimes(bounded, 0, Number.MAX_SAFE_INTEGER, 9))).toEqual(["2026-01-01T10:00Z", "2026-01-01T11:00Z"]);
  });

  it("is due once at a single time", () => {
    const once: Timetable = { timing: { kind: "at", at: 5_000 } };
    expect(fireTimes(once, 0, 9_000, 9)).toEqual([5_000]);
    expect(nextFireTime(once, 5_000)).toBeUndefined();
  });
});

const field = (from: number, to: number) =>
  fc.option(fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 3 }), { nil: undefined });
const anyCron: fc.Arbitrary<NaiveCron> = fc.record({
  minutes: field(0, 59),
  hours: field(0, 4),
  days: field(1, 31),
  months: fc.constantFrom(undefined, [3, 4, 9, 10, 11]),
  weekdays: field(0, 6),
});
/** Two days around a transition. */
const TRANSITIONS: readonly (readonly [timezone: string, day: string])[] = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  ["America/Santiago", "2026-04-05"],
  ["America/Santiago", "2026-09-06"],
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  ["Pacific/Auckland", "2026-09-27"],
  ["Asia/Kathmandu", "2026-04-05"],
];

describe("TRIG-50, TRIG-51, TRIG-52: against every minute of the wall clock", () => {
  it.each(TRANSITIONS)("%s around %s", (timezone, day) => {
    const from = at(`${day}T00:00Z`) - 24 * 3_600_000;
    const until = from + 48 * 3_600_000;
    fc.assert(
      fc.property(anyCron, (naive) => {
        const times = fireTimes(cron(cronText(naive), timezone), from - 1, until - 1, 10_000);
        expect(iso(times)).toEqual(iso(naiveFireTimes(naive, timezone, from, until)));
      }),
      { numRuns: 25 },
    );
  });
});
