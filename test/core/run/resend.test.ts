import { expect, it } from "vitest";
import { MemoryRun } from "../../support/memory-run.ts";

const FLOW = `
steps:
  - { id: a, component: /w/a }
  - { id: b, component: /w/b, input: { $step: a }, timeout: 2s }
output: { $step: b }
`;

/** Step b is under way, its input lies in the blob store, and its object was lost: the resend waits for the blob. */
async function lostWithALargeInput() {
  const run = MemoryRun.start(FLOW, { valueCacheBytes: 0, holdFetches: true });
  run.settle(run.call("a"), { kind: "success", value: run.blob([1]) });
  run.supply();
  await run.reload();
  return run;
}

it("RUN-70 does not send a lost attempt again once another one has followed while its input was fetched", async () => {
  const run = await lostWithALargeInput();
  run.advance(3_000);
  run.supply();
  expect(run.calls.map(({ call }) => call.attempt)).toEqual([2]);
});

it("RUN-80 does not send an attempt again that was taken over while its input was fetched", async () => {
  const run = await lostWithALargeInput();
  const task = { run: 0, item: 0, step: 1 };
  run.post({ kind: "hand_over_attempt", task, attempt: 1, deadlineAt: run.now + 1_000 });
  run.supply();
  expect(run.calls).toEqual([]);
});
