import { expect, it } from "vitest";
import { MAX_RESULT_DEPTH } from "../../../src/protocol/json-depth.ts";
import { MemoryRun } from "../../support/memory-run.ts";

it("RUN-76 fails a step whose result is nested too deep to be handed on, instead of losing the run", () => {
  const steps = Array.from({ length: MAX_RESULT_DEPTH + 10 }, (_, n) => ({
    id: `s${n}`,
    component: "/builtin/noop",
    input: n === 0 ? {} : { inner: { $step: `s${n - 1}` } },
  }));
  const run = MemoryRun.start(JSON.stringify({ steps, output: { $step: steps.at(-1)?.id } }));
  for (let turns = 0; run.status === "running" && turns < 20; turns++) run.post({ kind: "proceed" });
  expect(run.results()).toEqual([
    {
      outcome: "failed",
      error: { code: "WORKER_ERROR", message: "the result is nested more than 1000 levels deep" },
    },
  ]);
});
