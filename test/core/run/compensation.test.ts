import { describe, expect, it } from "vitest";
import { summarize } from "../../../src/core/run/summary.ts";
import { taskAddressOf, taskIdOf } from "../../../src/core/run/task.ts";
import type { CallEffect } from "../../support/memory-run.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const TRIP = `
steps:
  - { id: flight, component: /w/book, input: { $input: who }, compensate: { component: /w/cancel, input: { id: { $step: flight, path: id }, who: { $input: who } } } }
  - { id: hotel, component: /w/book, input: { $step: flight }, compensate: { component: /w/cancel, input: { $step: hotel, path: id } } }
  - { id: car, component: /w/book, input: { $step: hotel } }
output: { $step: car }`;

const kinds = (run: MemoryRun) => run.entries.map(({ event }) => event.kind);
const inputOf = ({ call }: CallEffect) => call.input;
const summary = (run: MemoryRun, ordinal = 0) => {
  const node = run.engine.tree.runs[ordinal];
  return node && summarize(run.engine.tree, node);
};
/** The only call under way. */
function only(run: MemoryRun): CallEffect {
  const [call] = run.calls;
  if (!call || run.calls.length !== 1) throw new Error(`${run.calls.length} calls are under way`);
  return call;
}
function bookTwo(options = {}): MemoryRun {
  const run = MemoryRun.start(TRIP, { inputs: [{ who: "ann" }], ...options });
  run.succeed(run.call("flight"), { id: "F1" });
  run.succeed(run.call("hotel"), { id: "H1" });
  return run;
}
const failed = { outcome: "failed", error: { code: "COMPONENT_FAILED", message: "none left" } };

describe("an item that fails", () => {
  it("RUN-135 RUN-136 undoes its completed steps one after the other, last completed first, and ends with its own error", () => {
    const run = bookTwo();
    run.fail(run.call("car"), "COMPONENT_FAILED", "none left");
    expect(run.status).toBe("running");
    expect(summary(run)).toMatchObject({ compensating: true, compensations: { total: 2, completed: 0, failed: 0 } });
    expect(inputOf(only(run))).toBe("H1");
    run.succeed(only(run), null);
    expect(inputOf(only(run))).toEqual({ id: "F1", who: "ann" });
    expect(only(run).call).toMatchObject({ stepId: "flight", componentId: "/cancel", attempt: 1 });
    run.succeed(only(run), null);
    expect(run.results()).toEqual([failed]);
    expect(run.status).toBe("failed");
    expect(summary(run)).toMatchObject({ compensations: { total: 2, completed: 2, failed: 0 } });
    expect(summary(run)).not.toHaveProperty("compensating");
    expect(kinds(run).slice(-4)).toEqual([
      "step_completed",
      "compensation_completed",
      "item_completed",
      "run_completed",
    ]);
  });

  it("RUN-135 undoes nothing that a default, a skip or the cache gave, and leaves items that succeeded alone", () => {
    const flow = `
steps:
  - { id: a, component: /w/x, onError: { action: useDefault }, compensate: { component: /w/undo } }
  - { id: b, component: /w/x, onError: { action: skip }, compensate: { component: /w/undo } }
  - { id: c, component: /w/x, compensate: { component: /w/undo } }
  - { id: d, component: /w/x, cache: { ttl: 1h }, compensate: { component: /w/undo } }
  - { id: e, component: /w/x, skip: true, compensate: { component: /w/undo } }
output: [{ $step: a }, { $coalesce: [{ $step: b }, 1] }, { $step: c }, { $step: d }, { $coalesce: [{ $step: e }, 1] }]`;
    const run = MemoryRun.start(flow, { inputs: [1, 2], maxConcurrency: 20 });
    for (const item of [0, 1]) {
      run.fail(run.call("a", item), "INVALID_INPUT");
      run.fail(run.call("b", item), "INVALID_INPUT");
      run.settle(run.call("d", item), { kind: "success", value: { kind: "inline", json: 1 }, cached: true });
    }
    run.succeed(run.call("c", 0), 1);
    run.fail(run.call("c", 1), "INVALID_INPUT");
    expect(run.calls).toEqual([]);
    expect(run.results().map((result) => result?.outcome)).toEqual(["success", "failed"]);
    expect(kinds(run)).not.toContain("compensation_started");
  });

  it("RUN-135 RUN-137 undoes the elements of a foreach singly, with their own element and result", () => {
    const run = MemoryRun.start(
      `
steps:
  - id: f
    component: /w/x
    foreach: [10, 20, 30]
    input: { $item: $ }
    compensate: { component: /w/undo, input: { of: { $item: $ }, nth: { $index: true }, got: { $step: f } } }
output: { $step: f }`,
    );
    const [first, second, third] = [...run.calls];
    if (!first || !second || !third) throw new Error("three calls");
    run.succeed(third, "c");
    run.succeed(first, "a");
    run.fail(second, "INVALID_INPUT");
    expect(inputOf(only(run))).toEqual({ of: 10, nth: 0, got: "a" });
    run.succeed(only(run), 1);
    expect(inputOf(only(run))).toEqual({ of: 30, nth: 2, got: "c" });
    run.succeed(only(run), 1);
    expect(run.status).toBe("failed");
  });

  it("RUN-137 records an input that cannot be evaluated as the failure of that compensation, and goes on", () => {
    const run = MemoryRun.start(`
steps:
  - { id: other, component: /w/x, skip: { $input: skip } }
  - { id: a, component: /w/x, compensate: { component: /w/undo, input: { $step: a, path: nowhere } } }
  - { id: b, component: /w/x, input: { $step: a }, compensate: { component: /w/undo, input: { $step: other } } }
  - { id: c, component: /w/x, input: { $step: b }, compensate: { component: /w/undo, input: c } }
  - { id: d, component: /w/x, input: { $step: c } }
output: { $step: d }`);
    for (const step of ["a", "b", "c"]) run.succeed(run.call(step), {});
    run.fail(run.call("d"), "INVALID_INPUT");
    run.succeed(only(run), null);
    expect(run.status).toBe("failed");
    expect(summary(run)).toMatchObject({ compensations: { total: 3, completed: 1, failed: 2 } });
    const errors = run.entries.flatMap(({ event, value }) =>
      event.kind === "step_completed" && event.undo && event.outcome === "failed" && value?.kind === "text"
        ? [JSON.parse(value.text)]
        : [],
    );
    expect(errors).toEqual([
      { code: "EXPRESSION_FAILURE", message: expect.stringContaining("Step other not completed") },
      { code: "EXPRESSION_FAILURE", message: expect.stringContaining("Path $.nowhere not found") },
    ]);
  });

  it("RUN-138 retries a compensation by its own policy and timeout; when it fails for good the others go on", () => {
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x, compensate: { component: /w/undo, input: a } }
  - { id: b, component: /w/x, input: { $step: a }, compensate: { component: /w/undo, input: b, timeout: 2s, retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 1s }, on: [COMPONENT_FAILED, TIMEOUT] } } }
  - { id: c, component: /w/x, input: { $step: b } }
output: { $step: c }`);
    run.succeed(run.call("a"), 1);
    run.succeed(run.call("b"), 1);
    run.fail(run.call("c"), "INVALID_INPUT", "first");
    const { idempotencyKey, taskId } = only(run).call;
    expect(taskAddressOf(taskId)).toEqual({ run: 0, item: 0, step: 0, undo: true });
    expect(taskIdOf(run.engine.tree, taskAddressOf(taskId))).toBe(taskId);
    run.fail(only(run));
    run.advance(1_000);
    expect(only(run).call).toMatchObject({ taskId, attempt: 2 });
    expect(only(run).call.idempotencyKey).not.toBe(idempotencyKey);
    run.calls.length = 0;
    run.advance(2_000);
    expect(inputOf(only(run))).toBe("a");
    run.succeed(only(run), 1);
    expect(run.results()).toMatchObject([{ outcome: "failed", error: { message: "first" } }]);
    expect(summary(run)).toMatchObject({ compensations: { total: 2, completed: 1, failed: 1 } });
  });

  it("RUN-139 goes on after a restart where it was, and never undoes twice", async () => {
    const run = bookTwo();
    run.fail(run.call("car"));
    const { idempotencyKey } = only(run).call;
    await run.reload();
    expect(only(run).call).toMatchObject({ idempotencyKey, attempt: 2, input: "H1" });
    run.succeed(only(run), null);
    await run.reload();
    expect(only(run).call).toMatchObject({ stepId: "flight", attempt: 2 });
    expect(await run.loadedTree()).toEqual(run.engine.tree);
    run.succeed(only(run), null);
    await run.reload();
    expect(run.calls).toEqual([]);
    expect(run.status).toBe("failed");
  });

  it("RUN-136 undoes at the item's timeout, and a run's timeout cuts no compensation short", () => {
    const run = MemoryRun.start(`timeout: 5s\nitemTimeout: 1s${TRIP}`, {
      inputs: [{ who: 1 }, { who: 2 }],
      maxConcurrency: 1,
    });
    run.succeed(run.call("flight"), { id: "F1" });
    const [held] = run.calls.splice(0);
    run.advance(1_000);
    expect(run.aborted).toMatchObject([{ task: held?.task }]);
    expect(inputOf(only(run))).toEqual({ id: "F1", who: 1 });
    run.advance(10_000);
    expect(run.status).toBe("running");
    run.succeed(only(run), null);
    expect(run.status).toBe("failed");
    expect(run.results()).toMatchObject([
      { error: { code: "TIMEOUT", message: expect.stringContaining("the item") } },
      { error: { code: "TIMEOUT", message: expect.stringContaining("the run") } },
    ]);
  });
});

const NESTED = `
steps:
  - { id: before, component: /w/x, compensate: { component: /w/undo, input: before } }
  - id: m
    component: /builtin/map
    input:
      items: { $step: before }
      workflow:
        $literal:
          steps: [{ id: s, component: /w/x, input: { $input: $ }, compensate: { component: /w/undo, input: { $template: "s{{ $.input }}{{ $.steps.s }}" } } }, { id: t, component: /w/x, input: { $step: s } }]
          output: { $step: t }
  - { id: after, component: /w/x, input: { $step: m, path: $.successful } }
output: { $step: after }`;

describe("sub-runs", () => {
  it("RUN-140 are undone with the item that started them, except for their items that failed and were undone before", () => {
    const run = MemoryRun.start(NESTED);
    run.succeed(run.call("before"), ["x", "y"]);
    run.succeed(run.call("s", 0), 0);
    run.succeed(run.call("s", 1), 1);
    run.fail(run.call("t", 1), "INVALID_INPUT");
    expect(run.calledSteps()).toEqual(["s", "t"]);
    expect(inputOf(run.call("s", 1))).toBe("sy1");
    run.succeed(run.call("s", 1), null);
    run.succeed(run.call("t", 0), 1);
    run.fail(run.call("after"), "INVALID_INPUT");
    expect(inputOf(only(run))).toBe("sx0");
    run.succeed(only(run), null);
    expect(inputOf(only(run))).toBe("before");
    run.succeed(only(run), null);
    expect(run.status).toBe("failed");
    expect([summary(run, 0)?.compensations?.total, summary(run, 1)?.compensations?.total]).toEqual([2, 1]);
  });

  it("RUN-140 RUN-141 that are undoing an item when the run is cancelled finish that first", async () => {
    const run = MemoryRun.start(NESTED);
    run.succeed(run.call("before"), ["x", "y"]);
    run.succeed(run.call("s", 0), 0);
    run.succeed(run.call("s", 1), 1);
    run.fail(run.call("t", 1), "INVALID_INPUT");
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.aborted).toHaveLength(1);
    run.calls.splice(run.calls.indexOf(run.call("t", 0)), 1);
    expect(inputOf(only(run))).toBe("sy1");
    await run.reload();
    run.succeed(only(run), null);
    expect(run.engine.tree.runs[1]?.status).toBe("cancelled");
    expect(inputOf(only(run))).toBe("sx0");
    await run.reload();
    run.succeed(only(run), null);
    run.succeed(only(run), null);
    expect(run.status).toBe("cancelled");
  });
});

describe("a cancelled run", () => {
  it("RUN-141 starts nothing more, undoes what it has done, and is cancelled only then", async () => {
    const run = bookTwo();
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.aborted).toMatchObject([{ task: { step: 2 } }]);
    expect(summary(run)).toMatchObject({ status: "running", compensating: true });
    const late = run.call("car");
    run.succeed(late, 1);
    expect(inputOf(only(run))).toBe("H1");
    const written = run.entries.length;
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.entries).toHaveLength(written);
    run.succeed(only(run), null);
    await run.reload();
    run.fail(only(run), "INVALID_INPUT");
    expect(run.status).toBe("cancelled");
    expect(run.results()).toEqual([undefined]);
    expect(summary(run)).toMatchObject({
      items: { cancelled: 1 },
      compensations: { total: 2, completed: 1, failed: 1 },
    });
  });

  it("RUN-141 undoes nothing of items that have ended, and is cancelled at once where there is nothing to undo", () => {
    const run = MemoryRun.start(TRIP, { inputs: [{ who: 1 }, { who: 2 }], maxConcurrency: 1 });
    for (const step of ["flight", "hotel", "car"]) run.succeed(run.call(step), { id: step });
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.status).toBe("cancelled");
    expect(kinds(run)).not.toContain("compensation_started");
  });

  it("RUN-141 is not held by a pause", () => {
    const run = bookTwo();
    run.post({ kind: "pause_run", by: "request" });
    run.post({ kind: "cancel_run", run: 0 });
    run.calls.splice(run.calls.indexOf(run.call("car")), 1);
    run.succeed(only(run), null);
    run.succeed(only(run), null);
    expect(run.status).toBe("cancelled");
  });
});
