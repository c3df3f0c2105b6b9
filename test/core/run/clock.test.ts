import { expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

const FLOW = `
steps:
  - { id: a, component: /w/a, input: 1 }
  - { id: nap, component: /builtin/sleep, input: { duration_ms: 5000, passthrough: { $step: a } } }
output: { $step: nap }
`;

it("SIM-6 keeps the last time when the clock is set back, and counts what it grants from there", () => {
  const run = MemoryRun.start(FLOW);
  const startedAt = run.now;
  run.now += 10_000;
  const call = run.call("a");
  run.now -= 3_600_000;
  run.post({ kind: "hand_over_attempt", task: call.task, attempt: 1, deadlineAt: run.now + 60_000 });
  run.succeed(call, "done");
  const times = run.entries.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(run.entries.map(({ event }) => ("deadlineAt" in event ? event.deadlineAt : 0))).toContain(startedAt + 60_000);
  expect(run.dueAt).toBe(startedAt + 5_000);
  run.now = startedAt + 4_999;
  run.post({ kind: "fire_timers" });
  expect(run.status).toBe("running");
  run.now = startedAt + 5_000;
  run.post({ kind: "fire_timers" });
  expect(run.results()).toEqual([{ outcome: "success", result: { duration_ms: 5000, passthrough: "done" } }]);
});

it("SIM-6 does not forget a retry that was due before the clock was set back, and waits for a place since", () => {
  const run = MemoryRun.start(
    `
steps:
  - { id: a, component: /w/a, input: 1, onError: { action: retry } }
  - { id: b, component: /w/b, input: 1 }
  - { id: c, component: /w/c, input: 1 }
output: [{ $step: a }, { $step: b }, { $step: c }]
`,
    { maxConcurrency: 2 },
  );
  run.fail(run.call("a"));
  expect(run.calledSteps()).toEqual(["b", "c"]);
  run.advance(1_000);
  run.now -= 600_000;
  run.succeed(run.call("b"), 0);
  expect(run.calledSteps()).toEqual(["a", "c"]);
});
