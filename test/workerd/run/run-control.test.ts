import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { newRootRunId, rootOf, withOrdinal } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { RunObjectApi, StartRun } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const LONG_MS = 20_000;
const HELD =
  "steps: [{ id: a, component: /w/hold, input: { $input: $ } }, { id: b, component: /w/echo, input: { $step: a } }]\noutput: { $step: b }";

const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${rootOf(runId)}`);
const run = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

function request(flowText: string, inputs: readonly Json[] = [{}], more: Partial<StartRun> = {}): StartRun {
  const { flow } = parseFlow(flowText, { format: "yaml" });
  if (!flow) throw new Error("the flow cannot be read");
  const text = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  return { namespace, runId, flowId: flowIdOf(text), flowText: text, submission: { inputs }, ...more };
}

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

const statusOf = async (runId: RunId) => (await valueOf(run(runId).summary(runId))).status;
const calls = async (runId: RunId) => {
  const all = await (await env.ECHO.fetch("http://echo/executions")).json<Record<string, number>>();
  return Object.keys(all).filter((key) => key.startsWith(runId)).length;
};

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("pause", () => {
  it("RUN-112 a paused run stays paused over an eviction, with no alarm behind it, and goes on when it is resumed", async () => {
    const start = request(HELD, [7]);
    const { runId } = start;
    await valueOf(run(runId).start(start));
    await vi.waitUntil(async () => (await calls(runId)) === 1);
    expect((await valueOf(run(runId).pause(runId))).status).toBe("paused");
    await env.ECHO.fetch("http://echo/release");
    await vi.waitUntil(async () => {
      const steps = await valueOf(run(runId).steps(runId, { includeOutputs: false, offset: 0, limit: 9 }));
      return steps[0]?.status === "completed";
    });
    await evictDurableObject(stub(runId));
    await runDurableObjectAlarm(stub(runId));
    await vi.waitUntil(async () => {
      await runDurableObjectAlarm(stub(runId));
      return (await runInDurableObject(stub(runId), (_, { storage }) => storage.getAlarm())) === null;
    });
    expect([await statusOf(runId), await calls(runId)]).toEqual(["paused", 1]);
    expect((await valueOf(run(runId).resume(runId))).status).toBe("running");
    expect(await valueOf(run(runId).summary(runId, { waitMs: LONG_MS }))).toMatchObject({ outcome: "success" });
    expect(await calls(runId)).toBe(2);
  });

  it("RUN-114 pauses and resumes the runs that its workers started, which nobody else can resume", async () => {
    const parent = request(HELD, [1]);
    const child = request(
      "steps: [{ id: nap, component: /builtin/sleep, input: { duration_ms: 3600000 } }]\noutput: { $step: nap }",
      [1],
      {
        parent: { runId: parent.runId, rootRunId: parent.runId, depth: 1 },
      },
    );
    await valueOf(run(parent.runId).start(parent));
    await valueOf(
      run(parent.runId).submitChild(parent.runId, {
        item: 0,
        childRunId: child.runId,
        flowId: child.flowId,
        itemCount: 1,
      }),
    );
    await valueOf(run(child.runId).start(child));
    await valueOf(run(parent.runId).pause(parent.runId));
    await vi.waitUntil(async () => (await statusOf(child.runId)) === "paused");
    const refused = await run(child.runId).resume(child.runId);
    expect(refused).toMatchObject({
      ok: false,
      fault: { kind: "precondition", message: expect.stringContaining(`resume run ${parent.runId}`) },
    });
    await valueOf(run(parent.runId).resume(parent.runId));
    await vi.waitUntil(async () => (await statusOf(child.runId)) === "running");
  });

  it("RUN-113 refuses a sub-run, naming its root, and a run that has ended", async () => {
    const flow = `steps:
  - id: child
    component: /builtin/eval
    input: { input: 1, flow: { $literal: { steps: [{ id: a, component: /w/hold, input: 1 }], output: { $step: a } } } }
output: { $step: child }`;
    const start = request(flow);
    const { runId } = start;
    await valueOf(run(runId).start(start));
    const sub = withOrdinal(runId, 1);
    expect(await run(runId).pause(sub)).toMatchObject({
      fault: { kind: "precondition", message: expect.stringContaining(`pause its root run ${runId}`) },
    });
    await valueOf(run(runId).cancel(runId));
    expect(await run(runId).pause(runId)).toMatchObject({
      fault: { kind: "precondition", message: expect.stringContaining("has ended (cancelled)") },
    });
  });
});
