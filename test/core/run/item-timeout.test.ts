import { describe, expect, it } from "vitest";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { FlowId } from "../../../src/protocol/ids.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const kinds = (run: MemoryRun) => run.entries.map(({ event }) => event.kind);
const timedOut = { outcome: "failed", error: { code: "TIMEOUT", message: "the item exceeded its timeout of 1000 ms" } };
const ONE = "itemTimeout: 1s\nsteps: [{ id: a, component: /w/x }]\noutput: { $step: a }";

describe("the item's timeout", () => {
  it("RUN-130 fails the item alone, counted from its first start", () => {
    const run = MemoryRun.start(ONE, { inputs: [1, 2], maxConcurrency: 1 });
    expect(kinds(run).filter((kind) => kind === "item_started")).toHaveLength(1);
    run.advance(600);
    run.succeed(run.call("a", 0), "first");
    run.advance(999);
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toEqual([{ outcome: "success", result: "first" }, timedOut]);
    expect(run.aborted).toMatchObject([{ task: { item: 1 }, attempt: 1 }]);
    expect(run.status).toBe("failed");
  });

  it("RUN-130 bounds retries and sleeps, and drops what comes later", () => {
    const run = MemoryRun.start(
      `itemTimeout: 1s
steps: [{ id: a, component: /w/x, retry: { backoff: { minDelay: 700ms, type: constant } } }, { id: z, component: /builtin/sleep, input: { duration: 2s } }]
output: [{ $step: a }, { $step: z }]`,
    );
    run.fail(run.call("a"), "UNREACHABLE");
    run.advance(700);
    const late = run.call("a");
    run.advance(300);
    expect(run.results()).toEqual([timedOut]);
    const written = run.entries.length;
    run.succeed(late, 1);
    run.advance(10_000);
    expect(run.entries).toHaveLength(written);
  });

  it("RUN-130 goes on over a restart", async () => {
    const run = MemoryRun.start(ONE);
    run.advance(900);
    await run.reload();
    run.advance(99);
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toEqual([timedOut]);
    expect(kinds(run).filter((kind) => kind === "item_started")).toHaveLength(1);
  });

  it("RUN-130 holds for the items of a sub-flow, and writes nothing for flows without it", () => {
    const run = MemoryRun.start(`
steps:
  - id: m
    component: /builtin/map
    input: { workflow: { $literal: { itemTimeout: 1s, steps: [{ id: s, component: /w/x }], output: { $step: s } } }, items: [1, 2] }
output: { $step: m, path: $.failed }`);
    run.succeed(run.call("s", 0), 1);
    run.advance(1_000);
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
    expect(kinds(run).filter((kind) => kind === "item_started")).toHaveLength(2);
  });
});

const NESTED = `itemTimeout: 1s
steps:
  - id: m
    component: /builtin/map
    input:
      workflow:
        $literal:
          steps:
            - id: e
              component: /builtin/eval
              input: { flow: { $literal: { steps: [{ id: s, component: /w/x }], output: { $step: s } } }, input: 1 }
          output: { $step: e }
      items: [1]
output: { $step: m }`;

describe("an item that is ended from outside", () => {
  it("RUN-131 ends the sub-runs below it, the deepest first, and leaves those of other items", () => {
    const run = MemoryRun.start(NESTED, { inputs: [1, 2], maxConcurrency: 1 });
    run.advance(500);
    run.post({ kind: "proceed" });
    const [first] = run.calls;
    run.advance(500);
    expect(run.aborted).toMatchObject([{ task: first?.task }]);
    const ended = run.entries.flatMap(({ event }) => (event.kind === "run_completed" ? [event] : []));
    expect(ended).toMatchObject([
      { run: 2, status: "cancelled" },
      { run: 1, status: "cancelled" },
    ]);
    expect(run.engine.tree.runs.map(({ status }) => status)).toEqual([
      "running",
      "cancelled",
      "cancelled",
      "running",
      "running",
    ]);
    expect(run.engine.tree.calling).toBe(1);
  });

  it("RUN-131 ends the sub-runs below it when its output cannot be told", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: big, component: /w/x }
  - id: e
    component: /builtin/eval
    mustExecute: true
    input: { flow: { $literal: { steps: [{ id: s, component: /w/x }], output: { $step: s } } }, input: 1 }
output: { $if: { $step: big, path: $.go }, then: 1, else: { $step: e } }`,
      { holdFetches: true },
    );
    expect(run.calledSteps()).toEqual(["big", "s"]);
    run.settle(run.call("big"), { kind: "success", value: { kind: "blob", blob: "c".repeat(64) as never, bytes: 9 } });
    run.supply();
    expect(run.results()).toMatchObject([{ outcome: "failed", error: { code: "RESOURCE_UNAVAILABLE" } }]);
    expect(run.engine.tree.runs.map(({ status }) => status)).toEqual(["failed", "cancelled"]);
    expect(run.aborted).toMatchObject([{ task: { run: 1 } }]);
  });

  it("RUN-131 RUN-55 cancels the runs that its workers started, again after a restart, and notes no more of them", async () => {
    const childRunId = newRootRunId(1, new Uint8Array(10).fill(7));
    const other = newRootRunId(2, new Uint8Array(10).fill(9));
    const run = MemoryRun.start(ONE, { inputs: [1, 2], maxConcurrency: 2 });
    const submit = (item: number, id: typeof childRunId) =>
      run.post({
        kind: "submit_child",
        run: 0,
        item,
        childRunId: id,
        flowId: "f".repeat(64) as FlowId,
        itemCount: 1,
      });
    submit(0, childRunId);
    submit(1, other);
    run.succeed(run.call("a", 1), 1);
    run.advance(1_000);
    expect(run.childControls).toEqual([`cancel ${childRunId}`]);
    await run.reload();
    expect(run.childControls).toEqual([`cancel ${childRunId}`, `cancel ${childRunId}`]);
    const written = run.entries.length;
    submit(0, newRootRunId(3, new Uint8Array(10).fill(1)));
    expect(run.entries).toHaveLength(written);
  });
});
