import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../src/core/run/event.ts";
import { StepRecords } from "../../../src/core/run/step-record.ts";
import { summarize } from "../../../src/core/run/summary.ts";
import { deriveRun } from "../../support/derive-run.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const FLOW = `
steps:
  - { id: a, component: /w/a, input: { $input: $ } }
  - { id: b, component: /w/b, input: { $step: a } }
  - { id: c, component: /w/c, input: { $step: b } }
  - { id: d, component: /w/d, input: { $input: $ } }
output: { c: { $step: c }, d: { $step: d } }`;

const reused = (run: MemoryRun) =>
  run.entries.flatMap(({ event }) =>
    event.kind === "step_completed" && event.reused
      ? [`${event.item}/${event.step}${event.element === undefined ? "" : `/${event.element}`}`]
      : [],
  );
const started = (run: MemoryRun) => run.calls.map(({ call }) => `${call.itemIndex}/${call.stepId}`).sort();
const settled = ({ kind }: RunEvent) => kind === "step_completed" || kind === "step_started";

/** Two items; the second fails at `b`. */
function halfFailed(): MemoryRun {
  const run = MemoryRun.start(FLOW, { inputs: [1, 2] });
  for (const item of [0, 1]) {
    run.succeed(run.call("a", item), `a${item}`);
    run.succeed(run.call("d", item), `d${item}`);
  }
  run.succeed(run.call("b", 0), "b0");
  run.fail(run.call("b", 1));
  run.succeed(run.call("c", 0), "c0");
  expect(run.status).toBe("failed");
  return run;
}

const SAGA = `
steps:
  - { id: book, component: /w/book, input: { $input: $ }, compensate: { component: /w/unbook, input: { $step: book } } }
  - { id: price, component: /w/price, input: { $input: $ } }
  - { id: note, component: /w/note, input: { $step: book } }
  - id: below
    component: /builtin/eval
    input: { input: 1, flow: { $literal: { steps: [{ id: room, component: /w/room, compensate: { component: /w/unroom } }], output: { $step: room } } } }
  - { id: pay, component: /w/pay, input: [{ $step: note }, { $step: price }, { $step: below }] }
output: { $step: pay }`;

/** Both items fail to pay; what they had booked is undone. */
function undoneSaga(): MemoryRun {
  const run = MemoryRun.start(SAGA, { inputs: [1, 2] });
  for (const item of [0, 1]) {
    run.succeed(run.call("book", item), `booked ${item}`);
    run.succeed(run.call("price", item), 3);
    run.succeed(run.call("note", item), "noted");
  }
  const rooms = run.calls.filter(({ call }) => call.stepId === "room");
  for (const call of rooms) run.succeed(call, "a room");
  for (const item of [0, 1]) run.fail(run.call("pay", item), "INVALID_INPUT");
  while (run.calls[0]) run.succeed(run.calls[0], "cancelled");
  expect(run.status).toBe("failed");
  return run;
}

describe("a run that was undone", () => {
  it("RUN-115 what was undone runs again, with what refers to it and the sub-runs it happened in; the answers of compensations are nobody's results", () => {
    const run = deriveRun(undoneSaga(), { kind: "retry" });
    expect(reused(run)).toEqual(["0/1", "1/1"]);
    expect(started(run)).toEqual(["0/book", "0/room", "0/room", "1/book"]);
    const { value } = run.entries.find(({ event }) => event.kind === "step_completed") ?? {};
    expect(value).toEqual({ kind: "text", text: "3" });
  });

  it("RUN-115 an item that is not retried keeps its error", () => {
    const source = undoneSaga();
    const run = deriveRun(source, { kind: "retry", itemIndexes: [1] });
    expect(run.results()[0]).toEqual(source.results()[0]);
    expect(started(run)).toEqual(["0/room", "1/book"]);
  });

  it("RUN-117 a rerun of a run that was cancelled and undone books again", () => {
    const source = MemoryRun.start(SAGA);
    source.succeed(source.call("book"), "booked");
    source.post({ kind: "cancel_run", run: 0 });
    while (source.calls[0]) source.succeed(source.calls[0], "cancelled");
    expect(source.status).toBe("cancelled");
    expect(started(deriveRun(source, { kind: "rerun", from: ["pay"] }))).toContain("0/book");
  });
});

describe("retry", () => {
  it("RUN-115 takes over items that succeeded whole, and what succeeded of the others; the rest runs, with fresh attempts", () => {
    const run = deriveRun(halfFailed(), { kind: "retry" });
    expect(reused(run)).toEqual(["0/0", "0/1", "0/2", "0/3", "1/0", "1/3"]);
    expect(started(run)).toEqual(["1/b"]);
    expect(run.call("b", 1).call).toMatchObject({ attempt: 1, input: "a1" });
    run.succeed(run.call("b", 1), "b1");
    run.succeed(run.call("c", 1), "c1");
    expect(run.results()).toEqual([0, 1].map((n) => ({ outcome: "success", result: { c: `c${n}`, d: `d${n}` } })));
  });

  it("RUN-116 shows where it comes from, and which steps were taken over", () => {
    const source = halfFailed();
    const run = deriveRun(source, { kind: "retry" });
    const root = run.engine.tree.runs[0];
    if (!root) throw new Error("no run");
    expect(summarize(run.engine.tree, root)?.origin).toEqual({ kind: "retry", runId: source.engine.tree.root?.runId });
    const records = new StepRecords(run.engine.tree, root, { itemIndex: 1, stepIndex: undefined });
    for (const entry of run.entries) records.add(entry);
    expect(records.list().map(({ stepId, status, reused, attempt }) => [stepId, status, reused, attempt])).toEqual([
      ["a", "completed", true, undefined],
      ["b", "running", undefined, 1],
      ["d", "completed", true, undefined],
    ]);
  });

  it("RUN-115 of some items leaves the others as they are, failed ones too", () => {
    const source = MemoryRun.start("steps: [{ id: a, component: /w/a, input: { $input: $ } }]\noutput: { $step: a }", {
      inputs: [0, 1, 2],
    });
    for (const item of [0, 1]) source.fail(source.call("a", item), "COMPONENT_FAILED", `no ${item}`);
    source.post({ kind: "cancel_run", run: 0 });
    const run = deriveRun(source, { kind: "retry", itemIndexes: [0] });
    expect(started(run)).toEqual(["0/a"]);
    run.succeed(run.call("a", 0), "now");
    expect(run.results()).toMatchObject([
      { outcome: "success", result: "now" },
      { outcome: "failed", error: { message: "no 1" } },
      { outcome: "failed", error: { code: "CANCELLED" } },
    ]);
  });

  it("RUN-115 of a cancelled run goes on with what had succeeded", () => {
    const source = MemoryRun.start(FLOW, { inputs: [1] });
    source.succeed(source.call("a"), "a");
    source.post({ kind: "cancel_run", run: 0 });
    expect(started(deriveRun(source, { kind: "retry" }))).toEqual(["0/b", "0/d"]);
  });

  it("RUN-119 takes over the elements of a foreach that succeeded, whatever became of the others", () => {
    const source = MemoryRun.start(
      "steps: [{ id: a, component: /w/a, foreach: { $input: $ }, input: { $item: $ } }]\noutput: { $step: a }",
      { inputs: [["x", "y", "z"]] },
    );
    const [x, y, z] = [...source.calls];
    if (!x || !y || !z) throw new Error("three elements");
    source.succeed(x, "X");
    source.fail(y);
    source.succeed(z, "Z");
    const run = deriveRun(source, { kind: "retry" });
    expect(reused(run)).toEqual(["0/0/0", "0/0/2"]);
    expect(run.calls.map(({ task, call }) => [task.element, call.input])).toEqual([[1, "y"]]);
    run.succeed(run.call("a"), "Y");
    expect(run.results()).toEqual([{ outcome: "success", result: ["X", "Y", "Z"] }]);
  });

  it("RUN-115 of a retry takes over what both came to", () => {
    const second = deriveRun(halfFailed(), { kind: "retry" });
    second.succeed(second.call("b", 1), "b1");
    second.fail(second.call("c", 1));
    const third = deriveRun(second, { kind: "retry" });
    expect(started(third)).toEqual(["1/c"]);
    expect(third.call("c", 1).call.input).toBe("b1");
  });

  it("RUN-115 runs what refers to a failed step again, even where that made no difference", () => {
    const source = MemoryRun.start(`
steps:
  - { id: a, component: /w/a, mustExecute: true, input: {} }
  - { id: b, component: /w/b, input: { $if: false, then: { $step: a }, else: 1 } }
output: { $step: b }`);
    source.fail(source.call("a"));
    source.succeed(source.call("b"), 1);
    expect(started(deriveRun(source, { kind: "retry" }))).toEqual(["0/a", "0/b"]);
  });
});

describe("rerun and fork", () => {
  it("RUN-117 a rerun executes the steps named and what refers to them, in every item", () => {
    const source = MemoryRun.start(FLOW, { inputs: [1] });
    source.succeed(source.call("a"), "a");
    source.succeed(source.call("d"), "d");
    source.succeed(source.call("b"), "b");
    source.succeed(source.call("c"), "c");
    const run = deriveRun(source, { kind: "rerun", from: ["b"] });
    expect(reused(run)).toEqual(["0/0", "0/3"]);
    run.succeed(run.call("b"), "b2");
    expect(run.call("c").call.input).toBe("b2");
    run.succeed(run.call("c"), "c2");
    expect(run.results()).toEqual([{ outcome: "success", result: { c: "c2", d: "d" } }]);
  });

  it("RUN-118 a fork takes over what is settled now, and another version of the flow runs what it changed", () => {
    const source = MemoryRun.start(FLOW, { inputs: [1] });
    source.succeed(source.call("a"), "a");
    source.succeed(source.call("d"), "d");
    const run = deriveRun(source, { kind: "fork", flow: FLOW.replace("component: /w/d", "component: /w/d2") });
    expect(source.status).toBe("running");
    expect(reused(run)).toEqual(["0/0"]);
    expect(started(run)).toEqual(["0/b", "0/d"]);
  });

  it("RUN-118 with another input nothing that reads it is taken over", () => {
    const source = MemoryRun.start(
      "steps: [{ id: a, component: /w/a, input: 1 }, { id: b, component: /w/b, input: { $input: $ } }]\noutput: [{ $step: a }, { $step: b }]",
    );
    source.succeed(source.call("a"), "a");
    source.succeed(source.call("b"), "b");
    const run = deriveRun(source, { kind: "fork", inputs: [5, 6] });
    expect(reused(run)).toEqual(["0/0"]);
    expect(started(run)).toEqual(["0/b", "1/a", "1/b"]);
  });

  it("RUN-118 a result that lies in the blob store is taken over as a pointer", () => {
    const source = MemoryRun.start(FLOW, { inputs: [1], largeCharacters: 5 });
    source.succeed(source.call("a"), "something large");
    const run = deriveRun(source, { kind: "fork", largeCharacters: 5 });
    const taken = run.entries.find(({ event }) => event.kind === "step_completed" && event.reused);
    expect(taken?.value).toMatchObject({ kind: "blob" });
    expect(run.call("b").call.input).toBe("something large");
  });

  it("RUN-119 a step that runs again starts its sub-runs anew, one that is taken over starts none", () => {
    const flow = `
steps:
  - id: sub
    component: /builtin/eval
    input: { input: 1, flow: { $literal: { steps: [{ id: s, component: /w/s, input: 1 }], output: { $step: s } } } }
  - { id: after, component: /w/after, input: { $step: sub } }
output: { $step: after }`;
    const source = MemoryRun.start(flow);
    source.succeed(source.call("s"), 1);
    source.fail(source.call("after"));
    const retried = deriveRun(source, { kind: "retry" });
    expect([retried.engine.tree.runs.length, started(retried)]).toEqual([1, ["0/after"]]);
    const rerun = deriveRun(source, { kind: "rerun", from: ["sub"] });
    expect([rerun.engine.tree.runs.length, started(rerun)]).toEqual([2, ["0/s"]]);
  });
});

describe("a run that has taken something over", () => {
  it("RUN-120 writes it down in one block with its start, and goes on from there after a restart", async () => {
    const run = deriveRun(halfFailed(), { kind: "retry", maxConcurrency: 1 });
    const first = run.entries.findIndex(({ event }) => settled(event) && !("reused" in event && event.reused));
    expect(run.entries.slice(0, first).every(({ event }) => event.kind !== "step_started")).toBe(true);
    await run.reload();
    expect(run.call("b", 1).call.attempt).toBe(2);
    run.succeed(run.call("b", 1), "b1");
    await run.reload();
    run.succeed(run.call("c", 1), "c1");
    expect(run.results().map((result) => result?.outcome)).toEqual(["success", "success"]);
  });

  it("RUN-120 begins its items when there is room for them, after a restart too", async () => {
    const flow =
      "steps: [{ id: a, component: /w/a, input: 1 }, { id: b, component: /w/b, input: { $step: a } }]\noutput: { $step: b }";
    const source = MemoryRun.start(flow, { inputs: [0, 1, 2, 3], maxConcurrency: 4 });
    for (const item of [0, 1, 2, 3]) source.succeed(source.call("a", item), item);
    const run = deriveRun(source, { kind: "fork", maxConcurrency: 1 });
    const begun = () => run.engine.schedule.items.get(0)?.size;
    expect(begun()).toBe(1);
    await run.reload();
    expect([begun(), started(run)]).toEqual([1, ["0/b"]]);
    while (run.calls[0]) run.succeed(run.calls[0], "done");
    expect(run.status).toBe("completed");
  });

  it("RUN-120 gives its items their time from their own start on, over a restart too", async () => {
    const flow =
      "itemTimeout: 10s\nsteps: [{ id: a, component: /w/a, input: 1 }, { id: b, component: /w/b, input: { $step: a } }]\noutput: { $step: b }";
    const source = MemoryRun.start(flow);
    source.succeed(source.call("a"), "a");
    source.advance(9_000);
    const run = deriveRun(source, { kind: "fork" });
    run.advance(6_000);
    await run.reload();
    expect(run.call("b").call.input).toBe("a");
    run.advance(3_999);
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toMatchObject([{ outcome: "failed", error: { code: "TIMEOUT" } }]);
  });

  it("RUN-120 a foreach taken over that nobody needs stays where it is, after a restart too", async () => {
    const flow = `
steps:
  - { id: each, component: /w/each, foreach: [1, 2], input: { $item: $ } }
  - { id: other, component: /w/other, input: 1 }
output: [{ $step: other }, { $step: each }]`;
    const source = MemoryRun.start(flow);
    const call = source.calls.find(({ task }) => task.element === 0);
    if (!call) throw new Error("no element");
    source.succeed(call, 1);
    const run = deriveRun(source, {
      kind: "fork",
      flow: flow.replace("[{ $step: other }, { $step: each }]", "{ $step: other }"),
    });
    expect(reused(run)).toEqual(["0/0/0"]);
    expect(started(run)).toEqual(["0/other"]);
    await run.reload();
    expect(started(run)).toEqual(["0/other"]);
    run.succeed(run.call("other"), "ok");
    expect(run.results()).toEqual([{ outcome: "success", result: "ok" }]);
  });
});
