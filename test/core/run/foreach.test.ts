import { describe, expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

describe("a foreach whose elements refer to steps", () => {
  it("RUN-33 starts no element before what it refers to has settled, over a restart too", async () => {
    const run = MemoryRun.start(`
steps:
  - { id: slow, component: /w/x }
  - { id: f, component: /w/x, foreach: [1, 2], input: [{ $item: $ }, { $step: slow }] }
output: { $step: f }`);
    await run.reload();
    expect(run.calledSteps()).toEqual(["slow"]);
    run.succeed(run.call("slow"), "s");
    expect(run.calls.map(({ call }) => call.input)).toEqual([
      [1, "s"],
      [2, "s"],
    ]);
  });

  it("RUN-34 waits for the branch that each element takes, and for no other", () => {
    const run = MemoryRun.start(`
steps:
  - { id: yes, component: /w/x }
  - { id: no, component: /w/x }
  - { id: never, component: /w/x }
  - id: g
    component: /w/x
    foreach: [true, false]
    input: { $if: { $item: $ }, then: { $step: yes }, else: { $if: { $index: true }, then: { $step: no }, else: { $step: never } } }
output: { $step: g }`);
    expect(run.calledSteps()).toEqual(["no", "yes"]);
    run.succeed(run.call("yes"), "y");
    expect(run.calledSteps()).toEqual(["no"]);
    run.succeed(run.call("no"), "n");
    expect(run.calls.map(({ call }) => call.input)).toEqual(["y", "n"]);
  });

  it("RUN-6 needs nothing more for a step that comes to its end in the very turn in which it is looked at again", async () => {
    const run = MemoryRun.start(
      `
steps:
  - { id: other, component: /w/other }
  - id: each
    component: /w/x
    foreach: [1]
    input: { $if: { $item: $ }, then: 2, else: { $step: other } }
    onError: { action: skip }
output: { $step: each }`,
      { settings: { maxResends: 0 } },
    );
    expect(run.calledSteps()).toEqual(["each"]);
    await run.reload();
    expect(run.calledSteps()).toEqual([]);
    expect(run.results()).toEqual([{ outcome: "success", result: [null] }]);
  });
});
