import { beforeEach, describe, expect, it } from "vitest";
import { ProgressNotes } from "../../src/run/progress-notes.ts";
import { ManualTimers } from "../dispatch/manual-timers.ts";

const A = { run: 0, item: 0, step: 0 };
const B = { run: 0, item: 0, step: 0, element: 1 };

let timers: ManualTimers;
let taken: string[];
let notes: ProgressNotes;
beforeEach(() => {
  timers = new ManualTimers();
  taken = [];
  notes = new ProgressNotes(
    (task, attempt, { progress }) => taken.push(`${task.element ?? "-"}/${attempt}: ${progress}`),
    (delayMs, run) => timers.after(delayMs, run),
  );
});

describe("words of progress", () => {
  it("RUN-162 are taken in at once, then the newest of each second and task", () => {
    for (let tenths = 0; tenths < 25; tenths++) {
      void notes.note(A, 1, { progress: tenths });
      if (tenths % 10 === 0) void notes.note(B, 1, { progress: tenths });
      timers.advance(100);
    }
    expect(taken.filter((word) => word.startsWith("-"))).toEqual(["-/1: 0", "-/1: 9", "-/1: 19"]);
    expect(taken.filter((word) => word.startsWith("1"))).toEqual(["1/1: 0", "1/1: 10", "1/1: 20"]);
    timers.advance(1_000);
    expect(taken.at(-1)).toBe("-/1: 24");
    timers.advance(2_000);
    expect(timers.pending).toBe(0);
  });

  it("RUN-162 are taken in before what ends the attempt, and once", () => {
    for (const progress of [1, 2, 3]) void notes.note(A, 1, { progress });
    notes.flush(B, 1);
    expect(taken).toEqual(["-/1: 1"]);
    notes.flush(A, 1);
    notes.flushAll();
    timers.advance(5_000);
    expect(taken).toEqual(["-/1: 1", "-/1: 3"]);
  });

  it("RUN-162 are answered when they, or newer ones, are taken in", async () => {
    await notes.note(A, 1, { progress: 1 });
    const answered: number[] = [];
    const both = [2, 3].map((progress) => notes.note(A, 1, { progress }).then(() => answered.push(progress)));
    await Promise.resolve();
    expect(answered).toEqual([]);
    timers.advance(1_000);
    await Promise.all(both);
    expect(taken.at(-1)).toBe("-/1: 3");
  });
});
