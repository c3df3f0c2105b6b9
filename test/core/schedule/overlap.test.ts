import { expect, it } from "vitest";
import { decideOverlap, OVERLAPS } from "../../../src/core/schedule/index.ts";
import { MAX_QUEUED } from "../../../src/core/schedule/overlap.ts";

const situation = { isRunning: true, queued: 0, isAskedFor: false };

it.each(OVERLAPS)("TRIG-57: %s starts where nothing runs", (overlap) => {
  expect(decideOverlap({ ...situation, overlap, isRunning: false })).toEqual({ kind: "start" });
});

it.each([
  ["skip", { kind: "skip", reason: "overlap" }],
  ["queue", { kind: "wait" }],
  ["allow", { kind: "start" }],
  ["cancel_running", { kind: "cancel_and_start" }],
] as const)("TRIG-57: %s beside a run", (overlap, decision) => {
  expect(decideOverlap({ ...situation, overlap })).toEqual(decision);
});

it("TRIG-57: queues up to its bound, and what is asked for beyond it", () => {
  const full = { ...situation, overlap: "queue", queued: MAX_QUEUED } as const;
  expect(decideOverlap({ ...full, queued: MAX_QUEUED - 1 })).toEqual({ kind: "wait" });
  expect(decideOverlap(full)).toEqual({ kind: "skip", reason: "queue_full" });
  expect(decideOverlap({ ...full, isAskedFor: true })).toEqual({ kind: "wait" });
});
