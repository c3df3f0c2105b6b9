import { describe, expect, it } from "vitest";
import { StepRecords } from "../../src/core/run/step-record.ts";
import { MemoryRun } from "../support/memory-run.ts";

const records = (run: MemoryRun, ordinal = 0) => {
  const { tree } = run.engine;
  const node = tree.runs[ordinal];
  if (!node) throw new Error("no such run");
  const steps = new StepRecords(tree, node, { itemIndex: undefined, stepIndex: undefined });
  for (const entry of run.entries) steps.add(entry);
  return steps.list().map(({ itemIndex, stepId, status, awaits }) => [itemIndex, stepId, status, awaits]);
};
const step = (id: string, more = "") => `{ id: ${id}, component: /w/x, input: { $input: $ } ${more} }`;

describe("a step that was under way when its item was ended from outside", () => {
  it("RUN-131 is failed in its record once the item's time is up, while other items go on", () => {
    const flow = `itemTimeout: 1s
steps: [${step("a")}, { id: w, component: /builtin/wait_for_event, input: { name: go, after: { $step: a } } }]
output: [{ $step: a }, { $step: w }]`;
    const run = MemoryRun.start(flow, { inputs: [1, 2], maxConcurrency: 1 });
    run.advance(400);
    run.succeed(run.call("a", 0), 1);
    expect(records(run)[1]).toEqual([0, "w", "running", "go"]);
    run.advance(600);
    expect(run.status).toBe("running");
    expect(records(run)).toEqual([
      [0, "a", "completed", undefined],
      [0, "w", "failed", undefined],
      [1, "a", "running", undefined],
    ]);
  });

  it("RUN-131 RUN-136 is failed while what the item has done is undone, and in sub-runs below it too", () => {
    const flow = `steps:
  - ${step("a", ", compensate: { component: /w/undo }")}
  - ${step("b")}
  - { id: e, component: /builtin/eval, input: { input: 1, flow: { $literal: { steps: [${step("s")}], output: { $step: s } } } } }
output: [{ $step: a }, { $step: b }, { $step: e }]`;
    const run = MemoryRun.start(flow);
    run.succeed(run.call("a"), 1);
    run.post({ kind: "cancel_run", run: 0 });
    expect([run.status, run.summary()?.compensating]).toEqual(["running", true]);
    expect(records(run).map(([, id, status]) => [id, status])).toEqual([
      ["a", "completed"],
      ["b", "failed"],
      ["e", "failed"],
    ]);
    expect(records(run, 1).map(([, , status]) => status)).toEqual(["failed"]);
  });

  it("RUN-171 is failed in the items of a run that was given up", () => {
    const run =
      MemoryRun.start(`steps: [{ id: m, component: /builtin/map, input: { items: [1, 2], tolerated_failure_count: 0, workflow: { $literal: { steps: [${step("s")}], output: { $step: s } } } } }]
output: { $step: m }`);
    run.fail(run.call("s", 0), "INVALID_INPUT");
    expect(records(run, 1).map(([, , status]) => status)).toEqual(["failed", "failed"]);
  });
});
