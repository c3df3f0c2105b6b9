/** A7, measured: a wide fan-out to a worker that answers at the end of its work is not made four at a time. */
import { expect, test } from "vitest";
import { HttpWorker, sendJson } from "../dispatch/http-jsonrpc/http-worker.ts";
import { startOrchestrator } from "./local-orchestrator.ts";

const STEPS = 500;
const STEP_MS = 1_000;

test("500 steps of a second each finish within seconds", async () => {
  let working = 0;
  let most = 0;
  const worker = await HttpWorker.start({
    "components/execute": (response, { message }) => {
      most = Math.max(most, ++working);
      setTimeout(() => {
        working -= 1;
        sendJson(response, { id: message["id"] ?? null, result: { output: message.params?.["input"] ?? null } });
      }, STEP_MS);
    },
  });
  const config = { plugins: { builtin: { type: "builtin" }, w: { type: "http", url: worker.url } } };
  const orchestrator = await startOrchestrator({ STEPFLOW_CONFIG: JSON.stringify(config) });
  try {
    const flow = {
      maxConcurrency: STEPS,
      steps: [{ id: "s", component: "/w/wait", foreach: { $input: "$" }, input: { $item: "$" } }],
      output: { $step: "s" },
    };
    const input = Array.from({ length: STEPS }, (_, index) => index);
    const startedAt = performance.now();
    const { body } = await orchestrator.call("POST", "/api/v1/runs", { flow, input: [input], wait: true });
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`fan-out of ${STEPS} steps of ${STEP_MS} ms: ${seconds.toFixed(2)} s, ${most} at a time`);
    expect(body.results[0].result).toEqual({ outcome: "success", result: input });
    // Four at a time it would take 125 s.
    expect(seconds).toBeLessThan(20);
  } finally {
    await orchestrator.dispose();
    await worker.stop();
  }
});
