import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueTimes, fireTimes, jitterOf, type Timetable } from "../../../src/core/schedule/index.ts";
import { MAX_DUE, PUNCTUAL_MS } from "../../../src/core/schedule/missed-firings.ts";

const MINUTE = 60_000;
const every = (everyMs: number): Timetable => ({ timing: { kind: "every", everyMs, anchorAt: 0 } });
const HOUR = 60 * MINUTE;

describe("TRIG-55: what was missed", () => {
  it("fires all in the window, and tells of what lies before it", () => {
    const due = dueTimes(every(10 * MINUTE), { windowMs: 30 * MINUTE, mode: "all" }, 0, 100 * MINUTE);
    expect(due.due).toEqual([70, 80, 90, 100].map((minute) => minute * MINUTE));
    expect(due.missed).toEqual({ first: 10 * MINUTE, last: 60 * MINUTE, count: 6, isAtLeast: false });
    expect(due.decidedUntil).toBe(100 * MINUTE);
  });

  it("fires only the latest where that is asked for, and what is on time", () => {
    const due = dueTimes(every(10 * MINUTE), { windowMs: HOUR, mode: "latest" }, 45 * MINUTE, 95 * MINUTE);
    expect(due).toEqual({
      due: [90 * MINUTE],
      superseded: [50, 60, 70, 80].map((minute) => minute * MINUTE),
      decidedUntil: 95 * MINUTE,
    });
    const often = dueTimes(every(10_000), { windowMs: HOUR, mode: "latest" }, 0, 30_000);
    expect(often.due).toEqual([10_000, 20_000, 30_000]);
  });

  it("takes what is a minute late for punctual, whatever the window", () => {
    expect(dueTimes(every(HOUR), { windowMs: 0, mode: "all" }, 10, HOUR + PUNCTUAL_MS).due).toEqual([HOUR]);
    expect(dueTimes(every(HOUR), { windowMs: 0, mode: "all" }, 10, HOUR + PUNCTUAL_MS + 1)).toMatchObject({
      due: [],
      missed: { count: 1 },
    });
  });

  it("goes through a long list in pages and loses none", () => {
    const first = dueTimes(every(1000), { windowMs: 2 * HOUR, mode: "all" }, 0, HOUR);
    expect(first.due).toHaveLength(MAX_DUE);
    expect(first.decidedUntil).toBe(MAX_DUE * 1000);
    expect(dueTimes(every(1000), { windowMs: 2 * HOUR, mode: "all" }, first.decidedUntil, HOUR).due[0]).toBe(1_001_000);
  });

  it("counts a year of seconds in bounded time", () => {
    const due = dueTimes(every(1000), { windowMs: MINUTE, mode: "all" }, 0, 365 * 24 * HOUR);
    expect(due.missed).toMatchObject({ first: 1000, count: MAX_DUE, isAtLeast: true });
  });

  it("waits where the clock has gone back a little, and goes back with it where that was far", () => {
    const catchUp = { windowMs: HOUR, mode: "all" } as const;
    expect(dueTimes(every(MINUTE), catchUp, HOUR, HOUR - 5_000)).toEqual({
      due: [],
      superseded: [],
      decidedUntil: HOUR,
    });
    expect(dueTimes(every(MINUTE), catchUp, 99 * HOUR, HOUR).decidedUntil).toBe(HOUR);
  });

  it("decides every time exactly once, however the clock is looked at", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom("all" as const, "latest" as const),
        (minutes, steps, window, mode) => {
          const timetable = every(minutes * MINUTE);
          let now = 0;
          let decidedUntil = 0;
          const seen: number[] = [];
          for (const step of steps) {
            now += step * MINUTE;
            const due = dueTimes(timetable, { windowMs: window * MINUTE, mode }, decidedUntil, now);
            const missed = due.missed ? fireTimes(timetable, due.missed.first - 1, due.missed.last, MAX_DUE) : [];
            expect(missed).toHaveLength(due.missed?.count ?? 0);
            seen.push(...missed, ...due.superseded, ...due.due);
            decidedUntil = due.decidedUntil;
          }
          expect(seen).toEqual(fireTimes(timetable, 0, now, 10_000));
        },
      ),
    );
  });
});

describe("TRIG-56: jitter", () => {
  it("is the same for a firing whenever it is asked, within its bound, and spread over it", () => {
    const delays = Array.from({ length: 400 }, (_, index) => jitterOf("default/nightly", index * MINUTE, 10_000));
    expect(delays).toEqual(
      Array.from({ length: 400 }, (_, index) => jitterOf("default/nightly", index * MINUTE, 10_000)),
    );
    expect(delays.every((delay) => delay >= 0 && delay < 10_000)).toBe(true);
    for (let tenth = 0; tenth < 10; tenth++)
      expect(delays.filter((delay) => Math.floor(delay / 1000) === tenth).length).toBeGreaterThan(10);
    expect(jitterOf("default/nightly", 5, 0)).toBe(0);
  });
});
