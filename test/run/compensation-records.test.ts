import { describe, expect, it } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { RunQueries } from "../../src/run/run-queries.ts";
import { MemoryRun } from "../support/memory-run.ts";

const FLOW = `
steps:
  - { id: a, component: /w/x, compensate: { component: /w/undo, input: a } }
  - id: e
    component: /builtin/eval
    input: { flow: { $literal: { steps: [{ id: s, component: /w/x, foreach: [1, 2], compensate: { component: /w/undo, input: { $item: $ } } }], output: { $step: s } } }, input: 1 }
  - { id: last, component: /w/x, input: [{ $step: a }, { $step: e }] }
output: { $step: last }`;

function undone() {
  const run = MemoryRun.start(FLOW);
  for (const call of [run.call("a"), ...run.calls.filter(({ call }) => call.stepId === "s")]) run.succeed(call, 1);
  run.fail(run.call("last"), "INVALID_INPUT", "the last");
  run.fail(run.call("s"), "INVALID_INPUT", "cannot");
  run.succeed(run.call("s"), null);
  run.succeed(run.call("a"), null);
  const queries = new RunQueries(run.journal, new MemoryBlobStore());
  return { run, queries };
}

describe("compensations", () => {
  it("RUN-142 are listed in the records of their steps, in sub-runs too", async () => {
    const { run, queries } = undone();
    const records = async (ordinal: number) => {
      const node = run.engine.tree.runs[ordinal];
      if (!node) throw new Error("no such run");
      const page = { offset: 0, limit: 10, includeOutputs: false };
      return queries.steps(run.engine.tree, node, { itemIndex: undefined, stepId: undefined }, page);
    };
    const [first, second, last] = await records(0);
    expect(first).toMatchObject({
      stepId: "a",
      status: "completed",
      compensations: [{ component: "/w/undo", status: "completed", attempt: 1, completedAt: expect.any(String) }],
    });
    for (const record of [second, last]) expect(record).not.toHaveProperty("compensations");
    const [elements] = await records(1);
    expect(elements?.compensations).toMatchObject([
      { elementIndex: 1, status: "failed", error: { code: "INVALID_INPUT", message: "cannot" } },
      { elementIndex: 0, status: "completed" },
    ]);
  });

  it("RUN-142 are events of the item's run that name the step", async () => {
    const { run, queries } = undone();
    const options = { since: 0, limit: 1_000, includeResults: true };
    const { events } = await queries.events(run.engine.tree, () => true, options);
    const from = events.findIndex(({ type }) => type === "compensation_started");
    expect(events[from]).toMatchObject({ itemIndex: 0, reason: "failed", error: { message: "the last" } });
    expect(events.slice(from + 1)).toMatchObject([
      { type: "step_started", stepId: "s", elementIndex: 1, compensation: true, compensatedRunId: expect.any(String) },
      { type: "step_completed", stepId: "s", outcome: "failed", error: { message: "cannot" }, compensation: true },
      { type: "step_started", stepId: "s", elementIndex: 0, compensation: true },
      { type: "step_completed", stepId: "s", outcome: "success", compensation: true },
      { type: "step_started", stepId: "a", stepIndex: 0, compensation: true },
      { type: "step_completed", stepId: "a", outcome: "success", compensation: true },
      { type: "compensation_completed", itemIndex: 0 },
      { type: "item_completed", outcome: "failed" },
      { type: "run_completed", status: "failed" },
    ]);
    expect(new Set(events.slice(from).map(({ runId }) => runId)).size).toBe(1);
    expect(events.at(-4)).not.toHaveProperty("compensatedRunId");
  });
});
