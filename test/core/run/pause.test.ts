import { describe, expect, it } from "vitest";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import { writeSnapshot } from "../../../src/core/run/snapshot.ts";
import { summarize } from "../../../src/core/run/summary.ts";
import type { FlowId } from "../../../src/protocol/ids.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const pause = (run: MemoryRun) => run.post({ kind: "pause_run", by: "request" });
const resume = (run: MemoryRun) => run.post({ kind: "resume_run", by: "request" });
const kinds = (run: MemoryRun) => run.entries.map(({ event }) => event.kind);
const shown = (run: MemoryRun, ordinal = 0) => {
  const node = run.engine.tree.runs[ordinal];
  return node && summarize(run.engine.tree, node)?.status;
};

const CHAIN = `
steps:
  - { id: a, component: /w/a, input: {} }
  - { id: b, component: /builtin/noop, input: { $step: a } }
  - { id: c, component: /w/c, input: { $step: b } }
output: { $step: c }`;

describe("while a run is paused", () => {
  it("RUN-110 what is under way is taken in, and nothing that it makes ready is started", () => {
    const run = MemoryRun.start(CHAIN);
    pause(run);
    expect(shown(run)).toBe("paused");
    run.succeed(run.call("a"), 1);
    expect(kinds(run).slice(-2)).toEqual(["run_paused", "step_completed"]);
    expect(run.calledSteps()).toEqual([]);
    resume(run);
    expect(shown(run)).toBe("running");
    run.succeed(run.call("c"), 2);
    expect(run.results()).toEqual([{ outcome: "success", result: 2 }]);
  });

  it("RUN-110 no further item and no further element is started", () => {
    const run = MemoryRun.start(
      `steps: [{ id: a, component: /w/a, foreach: [1, 2, 3], maxConcurrency: 1, input: { $item: $ } }]
output: { $step: a }`,
      { inputs: [1, 2], maxConcurrency: 1 },
    );
    pause(run);
    run.succeed(run.call("a"), 1);
    expect(run.calls).toEqual([]);
    resume(run);
    while (run.calls[0]) run.succeed(run.calls[0], 0);
    expect(run.results()).toEqual(
      [0, 1].map((item) => ({ outcome: "success", result: item === 0 ? [1, 0, 0] : [0, 0, 0] })),
    );
  });

  it("RUN-110 no further round of a sub-run is started, but one that ends is taken up", () => {
    const run = MemoryRun.start(`
steps:
  - id: loop
    component: /builtin/iterate
    input:
      initial_input: 0
      flow:
        $literal:
          steps: [{ id: s, component: /w/s, input: { $input: $ } }]
          output: { $step: s }
output: { $step: loop }`);
    pause(run);
    run.succeed(run.call("s"), { next: 1 });
    expect(run.engine.tree.runs).toHaveLength(2);
    resume(run);
    expect(run.engine.tree.runs).toHaveLength(3);
    pause(run);
    expect(shown(run, 2)).toBe("paused");
    run.succeed(run.call("s"), { result: "done" });
    expect(run.status).toBe("completed");
  });

  it("RUN-110 the last attempt under way ends the run", () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/a, input: {} }]\noutput: { $step: a }");
    pause(run);
    run.succeed(run.call("a"), 1);
    expect([run.status, shown(run)]).toEqual(["completed", "completed"]);
  });

  it("RUN-110 a lost attempt is not sent again before the resume, then once", async () => {
    const run = MemoryRun.start(CHAIN);
    const { task } = run.call("a");
    run.calls.length = 0;
    run.post({ kind: "lose_attempt", task, attempt: 1 });
    expect(run.call("a").call.attempt).toBe(2);
    pause(run);
    run.calls.length = 0;
    run.post({ kind: "lose_attempt", task, attempt: 2 });
    expect(run.calls).toEqual([]);
    await run.reload();
    expect(run.calls).toEqual([]);
    resume(run);
    expect(run.calls.map(({ call }) => call.attempt)).toEqual([3]);
  });

  it("RUN-110 what waited for blobs when the pause came is not started when they have come", () => {
    const run = MemoryRun.start(CHAIN, { holdFetches: true, valueCacheBytes: 0 });
    run.settle(run.call("a"), { kind: "success", value: run.blob({ large: true }) });
    expect(run.fetches).toHaveLength(1);
    pause(run);
    run.supply();
    expect(kinds(run).at(-1)).toBe("run_paused");
    resume(run);
    run.supply();
    expect(run.calledSteps()).toEqual(["c"]);
  });

  it("RUN-111 a sleep that ends settles, and a retry that comes due waits for the resume", () => {
    const run = MemoryRun.start(`
steps:
  - { id: nap, component: /builtin/sleep, input: { duration_ms: 10000 } }
  - { id: a, component: /w/a, onError: { action: retry, maxRetries: 1 }, input: {} }
  - { id: b, component: /builtin/noop, input: { $step: nap } }
output: [{ $step: a }, { $step: b }]`);
    run.fail(run.call("a"));
    pause(run);
    run.advance(60_000);
    expect(kinds(run).slice(-2)).toEqual(["run_paused", "step_completed"]);
    expect(run.dueAt).toBeUndefined();
    expect(run.calls).toEqual([]);
    resume(run);
    expect(run.call("a").call.attempt).toBe(2);
  });

  it("RUN-111 deadlines of attempts and the timeout of the run count", () => {
    const run = MemoryRun.start(`timeout: 60s
steps: [{ id: a, component: /w/a, timeout: 5s, input: {} }]
output: { $step: a }`);
    pause(run);
    run.advance(5_000);
    expect(kinds(run).at(-1)).toBe("attempt_failed");
    run.advance(60_000);
    expect(run.results()).toMatchObject([
      { outcome: "failed", error: { code: "TIMEOUT", message: /timeout of 60000 ms/ } },
    ]);
  });

  it("RUN-112 it is paused after a restart too, from the whole journal and from a snapshot", async () => {
    const run = MemoryRun.start(CHAIN);
    pause(run);
    run.succeed(run.call("a"), 1);
    await run.reload();
    expect([shown(run), run.calls.length]).toEqual(["paused", 0]);
    run.journal.saveSnapshot(run.engine.tree.seq, writeSnapshot(run.engine.tree));
    await run.reload();
    expect([shown(run), run.calls.length]).toEqual(["paused", 0]);
    resume(run);
    expect(run.calledSteps()).toEqual(["c"]);
  });

  it("RUN-112 a snapshot from before runs could be paused is one of a run that is not", async () => {
    const run = MemoryRun.start(CHAIN);
    const { tree, ...rest } = JSON.parse(writeSnapshot(run.engine.tree));
    const { pausedBy: _by, pausedSeq: _seq, ...older } = tree;
    run.journal.saveSnapshot(run.engine.tree.seq, JSON.stringify({ ...rest, tree: older }));
    await run.reload();
    expect(shown(run)).toBe("running");
    expect(run.call("a").call.attempt).toBe(2);
  });

  it("RUN-113 another pause changes nothing, nor a resume of what is not paused, nor either of what has ended", () => {
    const run = MemoryRun.start(CHAIN);
    resume(run);
    pause(run);
    pause(run);
    resume(run);
    resume(run);
    expect(kinds(run).slice(-2)).toEqual(["run_paused", "run_resumed"]);
    run.post({ kind: "cancel_run", run: 0 });
    pause(run);
    expect(kinds(run).at(-1)).toBe("run_completed");
  });

  it("RUN-113 it can be cancelled", () => {
    const run = MemoryRun.start(CHAIN);
    pause(run);
    run.post({ kind: "cancel_run", run: 0 });
    expect([run.status, shown(run)]).toEqual(["cancelled", "cancelled"]);
    resume(run);
    expect(kinds(run).at(-1)).toBe("run_completed");
  });
});

describe("runs that a worker started", () => {
  const childRunId = newRootRunId(1, new Uint8Array(10).fill(7));
  const submit = (run: MemoryRun) =>
    run.post({ kind: "submit_child", run: 0, childRunId, flowId: "f".repeat(64) as FlowId, itemCount: 1 });

  it("RUN-114 are paused and resumed with the run, and told again after a restart", async () => {
    const run = MemoryRun.start(CHAIN);
    submit(run);
    pause(run);
    await run.reload();
    resume(run);
    await run.reload();
    expect(run.childControls).toEqual(["pause", "pause", "resume", "resume"].map((verb) => `${verb} ${childRunId}`));
  });

  it("RUN-114 are paused once they have started, when the pause came in between", () => {
    const run = MemoryRun.start(CHAIN);
    submit(run);
    pause(run);
    submit(run);
    expect(run.childControls).toEqual([`pause ${childRunId}`, `pause ${childRunId}`]);
  });

  it("RUN-114 go on when nobody holds them any more", () => {
    const run = MemoryRun.start(CHAIN);
    pause(run);
    run.post({ kind: "pause_run", by: "parent" });
    run.succeed(run.call("a"), 1);
    resume(run);
    expect([shown(run), run.calls.length]).toEqual(["paused", 0]);
    run.post({ kind: "resume_run", by: "parent" });
    expect(run.calledSteps()).toEqual(["c"]);
  });
});
