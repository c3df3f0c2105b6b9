import { describe, expect, it } from "vitest";
import { toMessage } from "../../../src/core/run/event-message.ts";
import { readSnapshot, writeSnapshot } from "../../../src/core/run/snapshot.ts";
import { StepRecords } from "../../../src/core/run/step-record.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { Progress } from "../../../src/protocol/progress.ts";
import { type CallEffect, MemoryRun } from "../../support/memory-run.ts";

const ONE = "steps: [{ id: a, component: /w/a, onError: { action: retry, maxRetries: 2 } }]\noutput: { $step: a }";
const HALF: Progress = { progress: 0.5, message: "half", details: { page: 5 } };

function tell(run: MemoryRun, { task, call }: CallEffect, progress: Progress): void {
  run.post({ kind: "note_progress", task, attempt: call.attempt, progress });
}

function messages(run: MemoryRun): unknown[] {
  return run.entries.flatMap((entry) => {
    const text = entry.value?.kind === "text" ? entry.value.text : "null";
    const message = toMessage(run.engine.tree, entry, JSON.parse(text) as Json);
    return message?.type === "attempt_progress" ? [message] : [];
  });
}

describe("progress", () => {
  it("RUN-160 is journaled, and told in the event stream and in the step's record", () => {
    const run = MemoryRun.start(ONE);
    tell(run, run.call("a"), HALF);
    tell(run, run.call("a"), { progress: 0.75 });
    expect(messages(run)).toMatchObject([
      { type: "attempt_progress", stepId: "a", itemIndex: 0, attempt: 1, ...HALF },
      { progress: 0.75 },
    ]);
    const node = run.engine.tree.runs[0];
    if (!node) throw new Error("no run");
    const records = new StepRecords(run.engine.tree, node, { itemIndex: undefined, stepIndex: undefined });
    run.succeed(run.call("a"), 1);
    for (const entry of run.entries) records.add(entry);
    const last = run.entries.findLast(({ event }) => event.kind === "attempt_progress");
    expect(records.list()).toMatchObject([{ stepId: "a", status: "completed", progressSeq: last?.seq }]);
  });

  it("RUN-160 counts only while the attempt is under way", () => {
    const run = MemoryRun.start(ONE);
    const call = run.call("a");
    tell(run, { ...call, call: { ...call.call, attempt: 2 } }, HALF);
    run.succeed(call, 1);
    tell(run, call, HALF);
    expect(messages(run)).toEqual([]);
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
  });

  it("RUN-161 is handed to the next attempts of the task, whatever ended the one before", async () => {
    const run = MemoryRun.start(ONE);
    expect(run.call("a").call).not.toHaveProperty("lastProgress");
    tell(run, run.call("a"), { progress: 0.1 });
    tell(run, run.call("a"), HALF);
    run.fail(run.call("a"));
    run.advance(60_000);
    expect(run.call("a").call).toMatchObject({ attempt: 2, lastProgress: HALF });
    await run.reload();
    expect(run.call("a").call).toMatchObject({ attempt: 3, lastProgress: HALF });
    tell(run, run.call("a"), { details: "newer" });
    const { task, call } = run.call("a");
    run.calls.length = 0;
    run.post({ kind: "lose_attempt", task, attempt: call.attempt });
    expect(run.call("a").call).toMatchObject({ attempt: 4, lastProgress: { details: "newer" } });
  });

  it("RUN-161 stays with its task: another step and another element know nothing of it", () => {
    const run = MemoryRun.start(
      `steps:
  - { id: a, component: /w/a, foreach: { $input: $ }, input: { $item: $ }, onError: { action: retry, maxRetries: 1 } }
  - { id: b, component: /w/b, input: { $step: a } }
output: { $step: b }`,
      { inputs: [[1, 2]] },
    );
    const [first, second] = run.calls;
    if (!first || !second) throw new Error("two elements are called");
    tell(run, first, HALF);
    run.fail(first);
    run.fail(second);
    run.advance(60_000);
    expect(run.calls.map(({ call }) => call.lastProgress)).toEqual([HALF, undefined]);
    for (const call of run.calls.slice()) run.succeed(call, 0);
    expect(run.call("b").call).not.toHaveProperty("lastProgress");
  });

  it("RUN-73 RUN-161 is in the state that a snapshot keeps", async () => {
    const run = MemoryRun.start(ONE);
    tell(run, run.call("a"), HALF);
    const kept = readSnapshot(writeSnapshot(run.engine.tree), run.engine.plans);
    expect(kept.runs[0]?.items).toEqual(run.engine.tree.runs[0]?.items);
    expect(await run.loadedTree()).toEqual(run.engine.tree);
  });
});
