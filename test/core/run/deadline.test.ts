import { expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

it("RUN-44 names the task that exceeded its timeout as its worker knows it, in a sub-run too", () => {
  const run = MemoryRun.start(
    `
steps:
  - id: e
    component: /builtin/eval
    input: { flow: { $literal: { steps: [{ id: s, component: /w/x, timeout: 1s }], output: { $step: s } } }, input: {} }
output: { $step: e, path: $.result.error.message }`,
    { settings: { transportMaxRetries: 0 } },
  );
  const { taskId } = run.call("s").call;
  run.advance(1_000);
  expect(run.results()).toEqual([{ outcome: "success", result: `task '${taskId}' exceeded execution timeout` }]);
});
