import { expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

const settings = { maxResultBytes: 100 };
const input = { n: [1, 2, 3], text: "x".repeat(60) };
const tooLarge = {
  outcome: "failed",
  error: { code: "WORKER_ERROR", message: expect.stringContaining("maxResultBytes (100)") },
};

it("RUN-76 fails a foreach whose results are too large together", () => {
  const steps = [{ id: "a", component: "/builtin/noop", foreach: { $input: "n" }, input: { $input: "text" } }];
  const run = MemoryRun.start(JSON.stringify({ steps, output: { $step: "a" } }), { inputs: [input], settings });
  expect(run.results()).toEqual([tooLarge]);
});

it("RUN-76 fails an item whose output is too large", () => {
  const output = [{ $input: "text" }, { $input: "text" }];
  const run = MemoryRun.start(JSON.stringify({ steps: [], output }), { inputs: [input], settings });
  expect(run.results()).toEqual([tooLarge]);
});
