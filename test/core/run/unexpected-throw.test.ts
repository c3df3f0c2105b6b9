import { expect, it } from "vitest";
import type { ComponentResolver } from "../../../src/core/ports/component-resolver.ts";
import { MemoryRun, workerResolver } from "../../support/memory-run.ts";

/** Like a value that the runtime can no longer hold. */
function tooMuch(): never {
  throw new RangeError("Invalid string length");
}

const resolver: ComponentResolver = {
  resolve(path, input) {
    if (path !== "/too/much") return workerResolver().resolve(path, input);
    return { kind: "sub_run", componentId: path, component: { start: tooMuch, next: tooMuch } };
  },
};

it("RUN-77 fails the step whose start throws unexpectedly, and goes on with the rest", () => {
  const steps = [
    { id: "a", component: "/too/much", input: 1 },
    { id: "b", component: "/builtin/noop", input: 2, mustExecute: true },
  ];
  const run = MemoryRun.start(JSON.stringify({ steps, output: { $step: "a" } }), { resolver });
  expect(run.results()).toEqual([
    {
      outcome: "failed",
      error: {
        code: "ORCHESTRATOR_ERROR",
        message: "the orchestrator could not go on here: Invalid string length",
      },
    },
  ]);
  expect(run.entries.filter(({ event }) => event.kind === "step_completed")).toHaveLength(2);
});
