import { describe, expect, it } from "vitest";
import type { BlobId } from "../../../src/protocol/ids.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const failed = (code: string, message: string) => ({ outcome: "failed", error: { code, message } });

describe("a run", () => {
  it("RUN-1 ends completed with the resolved output of a flow without steps", () => {
    const run = MemoryRun.start("output: { x: { $input: a } }", { inputs: [{ a: 1 }] });
    expect(run.status).toBe("completed");
    expect(run.results()).toEqual([{ outcome: "success", result: { x: 1 } }]);
  });

  it("RUN-2 walks a chain of builtin steps in one turn, with one event each and nothing started", () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /builtin/noop, input: { n: { $input: n } } }
  - { id: b, component: /builtin/noop, input: { $step: a } }
output: { $step: b, path: n }`,
      { inputs: [{ n: 7 }] },
    );
    expect(run.results()).toEqual([{ outcome: "success", result: 7 }]);
    expect(run.entries.map(({ event }) => event.kind)).toEqual([
      "flow_recorded",
      "run_created",
      "item_added",
      "step_completed",
      "step_completed",
      "item_completed",
      "run_completed",
    ]);
  });

  it("RUN-3 calls independent steps in parallel and a dependent one only when what it needs has settled", () => {
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x }
  - { id: c, component: /w/x, input: { a: { $step: a }, b: { $step: b } } }
output: { $step: c }`);
    expect(run.calledSteps()).toEqual(["a", "b"]);
    run.succeed(run.call("a"), 1);
    expect(run.calledSteps()).toEqual(["b"]);
    run.succeed(run.call("b"), 2);
    expect(run.call("c").call.input).toEqual({ a: 1, b: 2 });
    run.succeed(run.call("c"), 3);
    expect(run.results()).toEqual([{ outcome: "success", result: 3 }]);
  });

  it("RUN-4 executes only what the output, mustExecute and their inputs need", () => {
    const run = MemoryRun.start(`
steps:
  - { id: unused, component: /w/x }
  - { id: effect, component: /w/x, mustExecute: true }
  - { id: used, component: /w/x }
output: { $step: used }`);
    expect(run.calledSteps()).toEqual(["effect", "used"]);
    run.succeed(run.call("used"), 1);
    expect(run.status).toBe("running");
    run.succeed(run.call("effect"), 1);
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
  });

  it("RUN-5 passes a failure on to dependents without calling them, while independent steps go on", () => {
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, input: { $step: a } }
  - { id: c, component: /w/x }
output: { b: { $step: b }, c: { $step: c } }`);
    run.fail(run.call("a"), "COMPONENT_FAILED", "broken");
    expect(run.calledSteps()).toEqual(["c"]);
    run.succeed(run.call("c"), 1);
    expect(run.results()).toEqual([failed("COMPONENT_FAILED", "broken")]);
    expect(run.status).toBe("failed");
  });

  it("RUN-6 takes only the branch a condition decides for, whatever its siblings wait for", () => {
    const run = MemoryRun.start(`
steps:
  - { id: slow, component: /w/x }
  - { id: cond, component: /w/x }
  - { id: yes, component: /w/x }
  - { id: no, component: /w/x }
output: { s: { $step: slow }, r: { $if: { $step: cond, path: go }, then: { $step: yes }, else: { $step: no } } }`);
    expect(run.calledSteps()).toEqual(["cond", "slow"]);
    run.succeed(run.call("cond"), { go: false });
    expect(run.calledSteps()).toEqual(["no", "slow"]);
    run.succeed(run.call("no"), "n");
    run.succeed(run.call("slow"), "s");
    expect(run.results()).toEqual([{ outcome: "success", result: { s: "s", r: "n" } }]);
  });

  it("RUN-7 runs each item by itself, at most maxConcurrency calls at once", () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/x, input: { $input: $ } }]\noutput: { $step: a }", {
      inputs: [0, 1, 2, 3, 4],
      maxConcurrency: 2,
    });
    expect(run.calls.map(({ call }) => call.itemIndex)).toEqual([0, 1]);
    run.fail(run.call("a", 1));
    expect(run.calls.map(({ call }) => call.itemIndex)).toEqual([0, 2]);
    while (run.calls[0]) run.succeed(run.calls[0], run.calls[0].call.input);
    expect(run.results().map((result) => result?.outcome)).toEqual([
      "success",
      "failed",
      "success",
      "success",
      "success",
    ]);
    expect(run.status).toBe("failed");
  });

  it("RUN-8 ends an empty run at once", () => {
    const run = MemoryRun.start("output: 1", { inputs: [] });
    expect(run.status).toBe("completed");
  });

  it("RUN-9 sleeps as a durable timer", () => {
    const run = MemoryRun.start(
      "steps: [{ id: z, component: /builtin/sleep, input: { duration_ms: 5000 } }]\noutput: { $step: z }",
    );
    run.advance(4_999);
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toEqual([{ outcome: "success", result: { duration_ms: 5000 } }]);
  });
});

describe("skip", () => {
  const flow = `
steps:
  - { id: a, component: /w/x, skip: { $input: skip } }
  - { id: b, component: /w/x, input: { $step: a } }
  - { id: c, component: /w/x, input: { $step: a, onSkip: { action: useDefault, defaultValue: d } } }
output: { b: { $coalesce: [{ $step: b }, none] }, c: { $step: c } }`;

  it("RUN-20 skips a step whose condition is truthy, and those that refer to it without a default", () => {
    const run = MemoryRun.start(flow, { inputs: [{ skip: true }] });
    expect(run.calledSteps()).toEqual(["c"]);
    expect(run.call("c").call.input).toBe("d");
    run.succeed(run.call("c"), 1);
    expect(run.results()).toEqual([{ outcome: "success", result: { b: "none", c: 1 } }]);
  });

  it("RUN-21 ends completed with outcome skipped when the output refers to a skipped step", () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/x, onError: { action: skip } }]\noutput: { $step: a }");
    run.fail(run.call("a"));
    expect(run.results()).toEqual([{ outcome: "skipped" }]);
    expect(run.status).toBe("completed");
    expect(run.engine.tree.runs[0]?.outcome).toBe("skipped");
  });
});

describe("foreach", () => {
  const flow = `
steps:
  - id: f
    component: /w/x
    foreach: { $input: list }
    maxConcurrency: 2
    input: { v: { $item: n }, i: { $index: true } }
output: { $step: f }`;

  it("RUN-30 runs once per element, bounded, and gives the results in element order", () => {
    const run = MemoryRun.start(flow, { inputs: [{ list: [{ n: 1 }, { n: 2 }, { n: 3 }] }] });
    expect(run.calls.map(({ call }) => call.input)).toEqual([
      { v: 1, i: 0 },
      { v: 2, i: 1 },
    ]);
    const [first, second] = run.calls;
    run.succeed(second!, "b");
    run.succeed(run.calls[1]!, "c");
    run.succeed(first!, "a");
    expect(run.results()).toEqual([{ outcome: "success", result: ["a", "b", "c"] }]);
  });

  it("RUN-31 gives an empty array for an empty array", () => {
    expect(MemoryRun.start(flow, { inputs: [{ list: [] }] }).results()).toEqual([{ outcome: "success", result: [] }]);
  });

  it("RUN-32 fails with the error of the lowest index after all have settled", () => {
    const run = MemoryRun.start(flow, { inputs: [{ list: [{ n: 1 }, { n: 2 }, { n: 3 }] }] });
    run.fail(run.calls[1]!, "COMPONENT_FAILED", "second");
    run.fail(run.calls[1]!, "COMPONENT_FAILED", "third");
    expect(run.status).toBe("running");
    run.succeed(run.calls[0]!, 1);
    expect(run.results()).toEqual([failed("COMPONENT_FAILED", "second")]);
  });
});

describe("failures", () => {
  const one = (extra: string) => `steps: [{ id: a, component: /w/x, ${extra} }]\noutput: { $step: a }`;

  it("RUN-40 retries transport failures with the configured back-off, keeping the task and its key's count", () => {
    const run = MemoryRun.start(one("input: 1"));
    const keys: string[] = [];
    for (const wait of [1_000, 1_000, 2_000]) {
      keys.push(run.call("a").call.idempotencyKey);
      run.fail(run.call("a"), "UNREACHABLE", "gone");
      run.advance(wait - 1);
      expect(run.calls).toEqual([]);
      run.advance(1);
    }
    expect(run.call("a").call.attempt).toBe(4);
    expect(new Set(keys).size).toBe(3);
    run.fail(run.call("a"), "UNREACHABLE", "gone");
    expect(run.results()).toEqual([failed("UNREACHABLE", "gone")]);
  });

  it("RUN-41 retries component failures only where onError says so", () => {
    const run = MemoryRun.start(one("onError: { action: retry, maxRetries: 1 }"));
    run.fail(run.call("a"));
    run.advance(1_000);
    run.fail(run.call("a"));
    expect(run.results()).toEqual([failed("COMPONENT_FAILED", "no")]);
  });

  it("RUN-42 lets useDefault win over any retry", () => {
    const run = MemoryRun.start(one("onError: { action: useDefault, defaultValue: 9 }"));
    run.fail(run.call("a"), "UNREACHABLE");
    expect(run.results()).toEqual([{ outcome: "success", result: 9 }]);
  });

  it("RUN-43 lets a step's own retry come before its default", () => {
    const run = MemoryRun.start(
      one(
        "retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 10ms } }, onError: { action: useDefault, defaultValue: 9 }",
      ),
    );
    run.fail(run.call("a"));
    run.advance(10);
    run.fail(run.call("a"));
    expect(run.results()).toEqual([{ outcome: "success", result: 9 }]);
  });

  it("RUN-44 fails an attempt without a reply at its deadline, and drops the reply that comes late", () => {
    const run = MemoryRun.start(one("timeout: 2s"), { settings: { transportMaxRetries: 0 } });
    const call = run.call("a");
    run.advance(2_000);
    expect(run.results()[0]).toMatchObject({ outcome: "failed", error: { code: "TIMEOUT" } });
    expect(run.aborted).toHaveLength(1);
    const before = run.entries.length;
    run.succeed(call, 1);
    expect(run.entries).toHaveLength(before);
  });

  it("RUN-45 takes a reply once: a duplicate changes nothing", () => {
    const run = MemoryRun.start(one("input: 1"));
    const call = run.call("a");
    run.succeed(call, 1);
    const before = run.entries.length;
    run.fail(call);
    expect(run.entries).toHaveLength(before);
  });

  it("RUN-46 gives an unroutable component ORCHESTRATOR_ERROR, without retry or default", () => {
    const run = MemoryRun.start(
      "steps: [{ id: a, component: /nowhere/x, onError: { action: useDefault, defaultValue: 1 } }]\noutput: { $step: a }",
    );
    expect(run.results()[0]).toMatchObject({
      outcome: "failed",
      error: { code: "ORCHESTRATOR_ERROR", message: "error routing component" },
    });
  });

  it("RUN-47 fails the item when a step that must execute failed, even if the output ignores it", () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/x, mustExecute: true }]\noutput: 1");
    run.fail(run.call("a"));
    expect(run.results()).toEqual([failed("COMPONENT_FAILED", "no")]);
  });
});

describe("sub-runs", () => {
  const map = `
steps:
  - id: m
    component: /builtin/map
    input:
      workflow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } } }
      items: { $input: $ }
      max_concurrency: 2
output: { $step: m }`;

  it("RUN-50 maps a sub-flow over items, at most max_concurrency active", () => {
    const run = MemoryRun.start(map, { inputs: [[1, 2, 3]] });
    expect(run.calls.map(({ call }) => call.input)).toEqual([1, 2]);
    run.fail(run.calls[0]!);
    run.succeed(run.calls[0]!, "two");
    run.succeed(run.calls[0]!, "three");
    const [result] = run.results();
    expect(result).toMatchObject({
      outcome: "success",
      result: {
        successful: 2,
        failed: 1,
        results: [
          { outcome: "failed" },
          { outcome: "success", result: "two" },
          { outcome: "success", result: "three" },
        ],
      },
    });
  });

  it("RUN-51 iterates until the sub-flow gives a result", () => {
    const run = MemoryRun.start(`
steps:
  - id: i
    component: /builtin/iterate
    input:
      flow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } } }
      initial_input: 0
output: { $step: i }`);
    run.succeed(run.call("s"), { next: 1 });
    expect(run.call("s").call.input).toBe(1);
    run.succeed(run.call("s"), { result: "done" });
    expect(run.results()).toEqual([
      { outcome: "success", result: { result: "done", iterations: 2, terminated: false } },
    ]);
  });

  it("RUN-52 inherits variables unless it is given its own", () => {
    const run = MemoryRun.start(
      `
steps:
  - id: e
    component: /builtin/eval
    input: { flow: { $literal: { output: { $variable: v, default: none } } }, input: {} }
output: { $step: e, path: $.result.result }`,
      { variables: { v: "mine" } },
    );
    expect(run.results()).toEqual([{ outcome: "success", result: "mine" }]);
  });

  it("RUN-53 refuses sub-runs nested too deep", () => {
    const run = MemoryRun.start(map, { inputs: [[1]], settings: { maxDepth: 0 } });
    expect(run.results()[0]).toMatchObject({ outcome: "failed", error: { code: "ORCHESTRATOR_ERROR" } });
  });

  it("RUN-54 reads a flow by the id of its blob", () => {
    const run = MemoryRun.start(
      "steps: [{ id: e, component: /builtin/eval, input: { flow_id: { $input: id }, input: 5 } }]\noutput: { $step: e, path: $.result }",
      {
        inputs: [{ id: "a".repeat(64) }],
      },
    );
    expect(run.results()[0]).toMatchObject({ outcome: "failed", error: { code: "RESOURCE_UNAVAILABLE" } });
  });
});

describe("cancel", () => {
  it("RUN-60 ends the whole tree, tells running attempts, and starts nothing more", () => {
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - id: m
    component: /builtin/map
    input: { workflow: { $literal: { steps: [{ id: s, component: /w/x }], output: { $step: s } } }, items: [1] }
  - { id: b, component: /w/x, input: { $step: a } }
output: [{ $step: b }, { $step: m }]`);
    const calls = [...run.calls];
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.status).toBe("cancelled");
    expect(run.aborted).toHaveLength(2);
    expect(run.engine.tree.runs[1]?.status).toBe("cancelled");
    expect(run.engine.tree.calling).toBe(0);
    const before = run.entries.length;
    for (const call of calls) run.succeed(call, 1);
    run.post({ kind: "cancel_run", run: 0 });
    run.advance(3_600_000);
    expect(run.entries).toHaveLength(before);
  });

  it("RUN-61 leaves a run that has ended as it is", () => {
    const run = MemoryRun.start("output: 1");
    run.post({ kind: "cancel_run", run: 0 });
    expect(run.status).toBe("completed");
  });

  it("RUN-62 fails what has not ended when the flow's timeout passes", () => {
    const run = MemoryRun.start("timeout: 1s\nsteps: [{ id: a, component: /w/x }]\noutput: { $step: a }", {
      inputs: [1, 2],
    });
    run.succeed(run.call("a", 0), 1);
    run.advance(1_000);
    expect(run.status).toBe("failed");
    expect(run.results()[1]).toMatchObject({ outcome: "failed", error: { code: "TIMEOUT" } });
  });
});

describe("recovery", () => {
  it("RUN-70 sends lost attempts again with the same key and a new attempt number, and executes completed steps never again", async () => {
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x }
output: [{ $step: a }, { $step: b }]`);
    const lost = run.call("b");
    run.succeed(run.call("a"), 1);
    await run.reload();
    expect(run.calledSteps()).toEqual(["b"]);
    expect(run.call("b").call.attempt).toBe(2);
    expect(run.call("b").call.idempotencyKey).toBe(lost.call.idempotencyKey);
    run.succeed(lost, "late");
    expect(run.status).toBe("running");
    run.succeed(run.call("b"), 2);
    expect(run.results()).toEqual([{ outcome: "success", result: [1, 2] }]);
  });

  it("RUN-71 gives up an attempt that was lost six times", async () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/x }]\noutput: { $step: a }", {
      settings: { transportMaxRetries: 0 },
    });
    for (let i = 0; i < 5; i++) await run.reload();
    expect(run.call("a").call.attempt).toBe(6);
    await run.reload();
    expect(run.results()[0]).toMatchObject({ outcome: "failed", error: { code: "UNREACHABLE" } });
  });

  it("RUN-72 keeps timers, sub-runs and foreach elements over a restart", async () => {
    const run = MemoryRun.start(`
steps:
  - { id: z, component: /builtin/sleep, input: { duration_ms: 5000 } }
  - { id: f, component: /w/x, foreach: [1, 2, 3], maxConcurrency: 1, input: { $item: $ } }
  - id: m
    component: /builtin/map
    input: { workflow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } } }, items: [1, 2] }
output: [{ $step: z, path: duration_ms }, { $step: f }, { $step: m, path: successful }]`);
    for (let guard = 0; run.calls.length > 0 && guard < 20; guard++) {
      run.succeed(run.calls[0]!, run.calls[0]!.call.input);
      await run.reload();
    }
    expect(run.status).toBe("running");
    run.advance(5_000);
    expect(run.results()).toEqual([{ outcome: "success", result: [5000, [1, 2, 3], 2] }]);
  });

  it("RUN-73 rebuilds exactly the same state from the journal", async () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: a, component: /w/x }
  - { id: f, component: /w/x, foreach: [1, 2], input: { $item: $ } }
output: [{ $step: a }, { $step: f }]`,
      { inputs: [1, 2] },
    );
    run.succeed(run.call("a"), 1);
    run.fail(run.call("f", 1), "UNREACHABLE");
    expect(await run.loadedTree()).toEqual(run.engine.tree);
  });
});

describe("bounds", () => {
  it("RUN-10 reads a value that lies in the blob store like any other", () => {
    const blob = "b".repeat(64) as BlobId;
    const run = MemoryRun.start(`
steps:
  - { id: a, component: /w/x }
  - { id: b, component: /w/x, input: { $step: a, path: k }, skip: { $step: a, path: no } }
output: { $step: b }`);
    run.blobs.set(blob, { json: { k: "large", no: false }, bytes: 400_000 });
    run.settle(run.call("a"), { kind: "success", value: { kind: "blob", blob, bytes: 400_000 } });
    expect(run.call("b").call.input).toBe("large");
  });

  it("RUN-48 waits at least as long as the worker asked for", () => {
    const run = MemoryRun.start("steps: [{ id: a, component: /w/x }]\noutput: { $step: a }");
    run.settle(run.call("a"), { kind: "failed", error: { code: "UNREACHABLE", message: "busy" }, retryAfterMs: 7_000 });
    run.advance(6_999);
    expect(run.calls).toEqual([]);
    run.advance(1);
    expect(run.call("a").call.attempt).toBe(2);
  });

  it("RUN-74 pauses after eventsPerTurn events and goes on from there", () => {
    const steps = Array.from(
      { length: 50 },
      (_, i) => `  - { id: s${i}, component: /builtin/noop, input: ${i === 0 ? "1" : `{ $step: s${i - 1} }`} }`,
    );
    const run = MemoryRun.start(`steps:\n${steps.join("\n")}\noutput: { $step: s49 }`, {
      settings: { eventsPerTurn: 8 },
    });
    expect(run.turns).toBeGreaterThan(5);
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
  });
});
