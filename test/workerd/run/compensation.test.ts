import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { newRootRunId, rootOf } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const LONG_MS = 20_000;
/** `undo` undoes `b`; what undoes `a` comes after it. */
const saga = (undo: string) => `steps:
  - { id: a, component: /w/echo, input: { $input: $ }, compensate: { component: /w/echo, input: { undo: { $step: a } } } }
  - { id: b, component: /w/echo, input: [{ $step: a }], compensate: { component: ${undo}, input: { name: go, of: { $step: b } } } }
  - { id: nap, component: /builtin/sleep, input: { duration_ms: 3600000 } }
output: [{ $step: b }, { $step: nap }]`;

const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${rootOf(runId)}`);
const run = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

async function started(undo: string): Promise<RunId> {
  const { flow, diagnostics } = parseFlow(saga(undo), { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  const submission = { inputs: [7] };
  await valueOf(run(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission }));
  await vi.waitUntil(async () => (await steps(runId))[1]?.status === "completed");
  return runId;
}

const steps = async (runId: RunId) => valueOf(run(runId).steps(runId, { includeOutputs: false, offset: 0, limit: 9 }));
/** By idempotency key. */
const executions = async (runId: RunId) => {
  const all = await (await env.ECHO.fetch("http://echo/executions")).json<Record<string, number>>();
  return Object.entries(all).flatMap(([key, count]) => (key.startsWith(runId) ? [count] : []));
};

async function endOf(runId: RunId, nudge: () => unknown) {
  return vi.waitUntil(
    async () => {
      await nudge();
      await runDurableObjectAlarm(stub(runId));
      const summary = await valueOf(run(runId).summary(runId, { waitMs: 500 }));
      return summary.status === "running" ? undefined : summary;
    },
    { timeout: LONG_MS },
  );
}

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("compensations in a Durable Object", () => {
  const through = { status: "cancelled", compensations: { total: 2, completed: 2, failed: 0 } };
  const compensating = { status: "running", compensating: true, compensations: { total: 2, completed: 0, failed: 0 } };

  it(
    "RUN-139 RUN-141 go on where they were when all objects are killed in the middle of one; the attempt is sent again under its key",
    async () => {
      const runId = await started("/w/hold");
      expect(await valueOf(run(runId).cancel(runId))).toMatchObject(compensating);
      await vi.waitUntil(async () => (await executions(runId)).length === 3);
      await abortAllDurableObjects();
      expect(await valueOf(run(runId).summary(runId))).toMatchObject(compensating);
      // What is sent again after the restart is held again.
      expect(await endOf(runId, () => env.ECHO.fetch("http://echo/release"))).toMatchObject(through);
      const [first, second] = (await steps(runId)).map(({ compensations }) => compensations);
      expect([first, second]).toMatchObject([
        [{ status: "completed", attempt: 1 }],
        [{ status: "completed", attempt: 2 }],
      ]);
      expect((await executions(runId)).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2]);
    },
    LONG_MS,
  );

  it(
    "RUN-139 RUN-141 go on after an eviction while one waits",
    async () => {
      const runId = await started("/builtin/wait_for_event");
      expect(await valueOf(run(runId).cancel(runId))).toMatchObject(compensating);
      await evictDurableObject(stub(runId));
      expect(await valueOf(run(runId).summary(runId))).toMatchObject(compensating);
      await valueOf(run(runId).signal(runId, { name: "go", value: { kind: "inline", json: 1 } }));
      expect(await endOf(runId, () => undefined)).toMatchObject(through);
      expect(await executions(runId)).toEqual([1, 1, 1]);
    },
    LONG_MS,
  );
});
