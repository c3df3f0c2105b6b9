import { describe, expect, it } from "vitest";
import type { BlobId } from "../../../src/protocol/ids.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const lostBlob = "c".repeat(64) as BlobId;

describe("values that lie in the blob store", () => {
  it("RUN-7 counts a task that waits for a blob of its input among the calls under way", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, input: { $step: a } }
  - { id: c, component: /w/x, input: { $step: a } }
output: [{ $step: b }, { $step: c }]`,
      { maxConcurrency: 1, holdFetches: true },
    );
    run.settle(run.call("a"), { kind: "success", value: run.blob("large") });
    expect(run.fetches).toHaveLength(1);
    run.supply();
    expect(run.calledSteps()).toEqual(["b"]);
  });

  it("RUN-11 evaluates an expression whose blobs do not fit the cache one after the other", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x }
output: { $if: { $step: a, path: go }, then: { $step: b } }`,
      { valueCacheBytes: 0, holdFetches: true },
    );
    run.settle(run.call("a"), { kind: "success", value: run.blob({ go: true }) });
    run.supply();
    run.settle(run.call("b"), { kind: "success", value: run.blob("b") });
    for (let round = 0; run.fetches.length > 0; round++) {
      expect(round).toBeLessThan(4);
      run.supply();
    }
    expect(run.results()).toEqual([{ outcome: "success", result: "b" }]);
  });

  it("RUN-60 appends nothing to a run that was cancelled while it waited for a blob", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, skip: { $step: a } }
  - { id: c, component: /w/x, foreach: { $step: a } }
output: [{ $step: b }, { $step: c }]`,
      { valueCacheBytes: 0, holdFetches: true },
    );
    run.settle(run.call("a"), { kind: "success", value: run.blob([1]) });
    run.post({ kind: "cancel_run", run: 0 });
    const before = run.entries.length;
    run.supply();
    expect(run.entries).toHaveLength(before);
  });

  it("RUN-60 appends nothing to a run that was cancelled when the blob it waited for turns out to be lost", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, input: { $step: a } }
output: { $step: b }`,
      { valueCacheBytes: 0, holdFetches: true },
    );
    run.settle(run.call("a"), { kind: "success", value: run.blob([1]) });
    run.post({ kind: "cancel_run", run: 0 });
    run.blobs.clear();
    const before = run.entries.length;
    run.supply();
    expect(run.entries).toHaveLength(before);
  });

  it("RUN-12 waits for the default of a variable that was not given, even if the variables have to be fetched", async () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, input: { $variable: absent, default: { $step: a } } }
output: { $step: b }`,
      { valueCacheBytes: 0, variables: { given: "large" }, largeCharacters: 10 },
    );
    await run.reload();
    expect(run.calledSteps()).toEqual(["a"]);
    run.succeed(run.call("a"), 1);
    expect(run.call("b").call.input).toBe(1);
  });
});

it("RUN-35 tells the calls under way to stop when an item ends because a blob it needs is lost", () => {
  const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - { id: slow, component: /w/x }
  - { id: b, component: /w/x }
output: [{ $if: { $step: a, path: no }, then: { $step: b } }, { $step: slow }]`);
  run.settle(run.call("a"), { kind: "success", value: { kind: "blob", blob: lostBlob, bytes: 400_000 } });
  expect(run.results()[0]).toMatchObject({ outcome: "failed", error: { code: "RESOURCE_UNAVAILABLE" } });
  expect(run.aborted.map(({ task }) => task.step)).toEqual([1]);
  expect(run.engine.tree.calling).toBe(0);
});
