import { describe, expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

const batch = "steps: [{ id: s, component: /w/x, input: { $input: $ } }]\noutput: { $step: s }";

function map(bounds: string, onError = ""): string {
  return `
steps:
  - id: m
    component: /builtin/map
    ${onError}
    input:
      workflow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } } }
      items: { $input: $ }
      ${bounds}
output: { $step: m }`;
}

describe("tolerated failures", () => {
  it("RUN-170 goes on as long as no more items have failed than are tolerated", () => {
    const run = MemoryRun.start(batch, { inputs: [0, 1, 2], toleratedFailures: { count: 2 } });
    run.fail(run.call("s", 0));
    run.fail(run.call("s", 2));
    expect(run.status).toBe("running");
    run.succeed(run.call("s", 1), "one");
    expect(run.status).toBe("failed");
    expect(run.results()[1]).toEqual({ outcome: "success", result: "one" });
  });

  it.each([
    [{ percentage: 29 }, 100, 29],
    [{ percentage: 50 }, 3, 1],
    [{ percentage: 100 }, 4, 4],
    [{ count: 5, percentage: 10 }, 20, 2],
    [{ count: 1, percentage: 50 }, 20, 1],
    [{ count: 0 }, 5, 0],
  ])("RUN-170 takes %j of %i items for %i failures", (toleratedFailures, items, tolerated) => {
    const inputs = Array.from({ length: items }, (_, item) => item);
    const run = MemoryRun.start(batch, { inputs, toleratedFailures, maxConcurrency: items });
    for (let item = 0; item < tolerated; item++) run.fail(run.call("s", item));
    if (tolerated < items) {
      expect(run.status).toBe("running");
      run.fail(run.call("s", tolerated));
    }
    expect(run.status).toBe("failed");
  });

  it("RUN-171 starts nothing more, stops what is under way and keeps what has ended", async () => {
    const run = MemoryRun.start(batch, {
      inputs: [0, 1, 2, 3],
      toleratedFailures: { count: 0 },
      maxConcurrency: 3,
    });
    run.succeed(run.call("s", 0), "zero");
    const late = run.call("s", 3);
    run.fail(run.call("s", 2));
    expect(run.status).toBe("failed");
    expect(run.aborted.map(({ task }) => task.item).toSorted((a, b) => a - b)).toEqual([1, 3]);
    run.succeed(late, "late");
    await run.reload();
    expect(run.calls).toEqual([]);
    expect(run.results().map((result) => result?.outcome)).toEqual(["success", undefined, "failed", undefined]);
    expect(run.summary()).toMatchObject({
      status: "failed",
      outcome: "failed",
      items: { total: 4, completed: 1, failed: 1, cancelled: 2, running: 0 },
    });
  });

  it("RUN-171 ends sub-runs of the items that are stopped", () => {
    const run = MemoryRun.start(map(""), {
      inputs: [[1], { not: "a list" }],
      toleratedFailures: { count: 0 },
      maxConcurrency: 2,
    });
    expect(run.engine.tree.runs.map(({ status }) => status)).toEqual(["failed", "cancelled"]);
    expect(run.aborted).toHaveLength(1);
  });

  it("RUN-172 fails the step of a map with the counts", async () => {
    const run = MemoryRun.start(map("tolerated_failure_percentage: 25"), { inputs: [[0, 1, 2, 3]] });
    run.fail(run.call("s", 1));
    expect(run.status).toBe("running");
    run.succeed(run.call("s", 3), "three");
    run.fail(run.call("s", 2));
    const [result] = run.results();
    expect(result).toMatchObject({
      outcome: "failed",
      error: {
        code: "COMPONENT_FAILED",
        message: expect.stringContaining("2 of 4 items failed, more than the 1 that are tolerated"),
        data: { total: 4, tolerated: 1, successful: 1, failed: 2, skipped: 0 },
      },
    });
    await run.reload();
    expect(run.results(1).map((item) => item?.outcome)).toEqual([undefined, "failed", "failed", "success"]);
  });

  it("RUN-171 lets nothing leave of a run that is given up in the turn that started it", () => {
    const run = MemoryRun.start(
      `
steps:
  - id: m
    component: /builtin/map
    onError: { action: useDefault, defaultValue: none }
    input:
      workflow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: k } }], output: { $step: s } } }
      items: [{ k: 0 }, {}]
      tolerated_failure_count: 0
  - { id: then, component: /w/then, input: { $step: m } }
output: { $step: then }`,
    );
    expect(run.entries.some(({ event }) => event.kind === "step_started" && event.run === 1)).toBe(true);
    expect(run.calledSteps()).toEqual(["then"]);
    run.succeed(run.call("then"), "done");
    expect(run.results()).toEqual([{ outcome: "success", result: "done" }]);
  });

  it("RUN-172 lets onError speak for a map with too many failures", () => {
    const run = MemoryRun.start(
      map("tolerated_failure_count: 0", "onError: { action: useDefault, defaultValue: none }"),
      {
        inputs: [[0]],
      },
    );
    run.fail(run.call("s", 0));
    expect(run.results()).toEqual([{ outcome: "success", result: "none" }]);
  });

  it("RUN-62 fails what is left with TIMEOUT however few failures are tolerated", () => {
    const run = MemoryRun.start(`timeout: 1s\n${batch}`, {
      inputs: [0, 1, 2],
      toleratedFailures: { count: 0 },
      maxConcurrency: 1,
    });
    run.advance(1_000);
    expect(run.results().map((item) => item?.outcome === "failed" && item.error.code)).toEqual([
      "TIMEOUT",
      "TIMEOUT",
      "TIMEOUT",
    ]);
  });
});
