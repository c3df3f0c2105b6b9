import { describe, expect, it } from "vitest";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { FlowId } from "../../../src/protocol/ids.ts";
import { type CallEffect, MemoryRun } from "../../support/memory-run.ts";

const ONE = "steps: [{ id: a, component: /w/a }]\noutput: { $step: a }";
const HOUR = 3_600_000;

function handOver(run: MemoryRun, call: CallEffect, forMs: number): void {
  run.post({
    kind: "hand_over_attempt",
    task: call.task,
    attempt: call.call.attempt,
    deadlineAt: run.now + forMs,
  });
}

function report(run: MemoryRun, call: CallEffect, json: string): void {
  run.post({
    kind: "settle_attempt",
    task: call.task,
    attempt: call.call.attempt,
    outcome: { kind: "success", value: { kind: "inline", json } },
    digest: `digest of ${json}`,
  });
}

function kinds(run: MemoryRun): string[] {
  return run.entries.map(({ event }) => event.kind);
}

describe("attempts that a worker has taken over", () => {
  it("RUN-80 are not sent again after a restart, outlive the deadline of the call, and settle by a report", async () => {
    const run = MemoryRun.start(ONE);
    const call = run.call("a");
    handOver(run, call, 24 * HOUR);
    await run.reload();
    expect(run.calls).toEqual([]);
    run.advance(HOUR);
    expect(run.status).toBe("running");
    report(run, call, "done");
    expect(run.results()).toEqual([{ outcome: "success", result: "done" }]);
    expect(kinds(run).filter((kind) => kind === "step_started")).toHaveLength(1);
  });

  it("RUN-80 time out at the deadline they were given, and each sign of life moves it", async () => {
    const run = MemoryRun.start(ONE, { settings: { transportMaxRetries: 0 } });
    const call = run.call("a");
    handOver(run, call, HOUR);
    run.advance(HOUR - 1);
    handOver(run, call, HOUR);
    await run.reload();
    run.advance(HOUR - 1);
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toMatchObject([{ outcome: "failed", error: { code: "TIMEOUT" } }]);
  });

  it("RUN-80 keep their place among the calls under way", () => {
    const run = MemoryRun.start(
      "steps: [{ id: a, component: /w/a }, { id: b, component: /w/b }]\noutput: [{ $step: a }, { $step: b }]",
      { maxConcurrency: 1 },
    );
    handOver(run, run.call("a"), HOUR);
    expect(run.calledSteps()).toEqual(["a"]);
    report(run, run.call("a"), "x");
    expect(run.calledSteps()).toContain("b");
  });

  it("RUN-81 take a report only for the attempt under way, and drop the call that is still held", () => {
    const run = MemoryRun.start(ONE, { settings: { transportMaxRetries: 1 } });
    const first = run.call("a");
    run.fail(first, "UNREACHABLE");
    report(run, first, "late");
    run.advance(1_000);
    const second = run.call("a");
    report(run, first, "late");
    expect(run.status).toBe("running");
    report(run, second, "in time");
    expect(run.aborted).toEqual([{ kind: "abort_call", task: second.task, attempt: 2 }]);
    expect(run.results()).toEqual([{ outcome: "success", result: "in time" }]);
    handOver(run, second, HOUR);
    report(run, second, "again");
    expect(kinds(run).filter((kind) => kind === "attempt_reported")).toHaveLength(1);
  });

  it("RUN-82 a lost call goes out again at once with the same key, six times at most", () => {
    const run = MemoryRun.start(ONE, { settings: { transportMaxRetries: 0 } });
    const keys = new Set<string>();
    for (let attempt = 1; attempt <= 6; attempt++) {
      const call = run.call("a");
      expect(call.call.attempt).toBe(attempt);
      keys.add(call.call.idempotencyKey);
      run.calls.length = 0;
      run.post({ kind: "lose_attempt", task: call.task, attempt });
      run.post({ kind: "lose_attempt", task: call.task, attempt });
    }
    expect(keys.size).toBe(1);
    expect(run.results()).toMatchObject([{ outcome: "failed", error: { code: "UNREACHABLE" } }]);
  });
});

describe("runs that a worker starts", () => {
  const childRunId = newRootRunId(1, new Uint8Array(10).fill(7));
  const submit = (run: MemoryRun) =>
    run.post({ kind: "submit_child", run: 0, childRunId, flowId: "f".repeat(64) as FlowId, itemCount: 2 });

  it("RUN-55 are noted once, and cancelled with the run that started them, again after a restart", async () => {
    const run = MemoryRun.start(ONE);
    submit(run);
    submit(run);
    expect(kinds(run).filter((kind) => kind === "child_submitted")).toHaveLength(1);
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.childControls).toEqual([`cancel ${childRunId}`]);
    await run.reload();
    expect(run.childControls).toEqual([`cancel ${childRunId}`, `cancel ${childRunId}`]);
  });

  it("RUN-55 are not noted by a run that has ended", () => {
    const run = MemoryRun.start(ONE);
    run.succeed(run.call("a"), 1);
    submit(run);
    expect(kinds(run)).not.toContain("child_submitted");
  });
});
