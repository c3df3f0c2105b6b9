import { expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

it("RUN-75 waits out the back-off of an element whose attempt was given up in a restart", async () => {
  const run = MemoryRun.start(
    "steps: [{ id: f, component: /w/x, foreach: [1], input: { $item: $ } }]\noutput: { $step: f }",
    { maxConcurrency: 1, settings: { maxResends: 0 } },
  );
  await run.reload();
  run.advance(1_000);
  run.fail(run.call("f"), "UNREACHABLE");
  expect(run.calls).toEqual([]);
  run.advance(999);
  expect(run.calls).toEqual([]);
  run.advance(1);
  expect(run.call("f").call.attempt).toBe(3);
});
