import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { eventStream } from "../../../src/api/event-stream.ts";
import { canonicalFlowText, flowIdOf, parseFlowDocument } from "../../../src/core/flow/index.ts";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${runId}`);
const object = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

async function started(input: object): Promise<RunId> {
  const { flow } = parseFlowDocument({
    steps: [{ id: "w", component: "/builtin/wait_for_event", input: { name: "go", ...input } }],
    output: { $step: "w" },
  });
  if (!flow) throw new Error("the flow of this test is not valid");
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  await object(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission: { inputs: [{}] } });
  return runId;
}

const armedAt = (runId: RunId) => runInDurableObject(stub(runId), (_, { storage }) => storage.getAlarm());

/** Lets everything be said that is to be said about the start. */
async function settled(runId: RunId): Promise<void> {
  while (await runDurableObjectAlarm(stub(runId))) {
    const at = await armedAt(runId);
    if (at === null || at - Date.now() > 60_000) return;
  }
}

const signal = { name: "go", value: { kind: "inline", json: { n: 1 } } } as const;

test("RUN-90 A6 a run that waits for a signal has no alarm and keeps no object awake, watched or not", async () => {
  const runId = await started({});
  const gone = new AbortController();
  const stream = eventStream(() => object(runId), runId, {
    since: 0,
    includeResults: true,
    includeSubRuns: false,
    signal: gone.signal,
  });
  const first = String((await stream.next()).value);
  expect(first).toContain('"awaits":"go"');
  await settled(runId);
  expect(await armedAt(runId)).toBeNull();
  await evictDurableObject(stub(runId));
  // The watcher that is still there does not bring it back.
  await expect(evictDurableObject(stub(runId))).rejects.toThrow("not currently running");
  expect(await object(runId).signal(runId, signal)).toEqual({ ok: true, value: { accepted: true } });
  let rest = "";
  for await (const piece of stream) rest += piece;
  expect(rest).toMatch(/"type":"signal_received".*"payload":\{"n":1\}/);
  expect(rest).toContain('"type":"run_completed"');
});

test("RUN-91 a wait with a timeout has the alarm behind it, over evictions and kills", async () => {
  const runId = await started({ timeout: "31d" });
  await settled(runId);
  await evictDurableObject(stub(runId));
  expect(((await armedAt(runId)) ?? 0) - Date.now()).toBeGreaterThan(30 * 86_400_000);
  await abortAllDurableObjects();
  await runDurableObjectAlarm(stub(runId));
  expect(((await armedAt(runId)) ?? 0) - Date.now()).toBeGreaterThan(30 * 86_400_000);
  expect(await object(runId).waits(runId, { offset: 0, limit: 10 })).toMatchObject({
    ok: true,
    value: { waits: [{ kind: "signal", name: "go", stepId: "w" }], more: false },
  });
});

test("RUN-94 a signal that was answered is there after a kill, and the same one again is known", async () => {
  const runId = await started({ schema: { type: "string" } });
  const early = { name: "later", signalId: "s", value: { kind: "inline", json: 1 } } as const;
  expect(await object(runId).signal(runId, early)).toEqual({ ok: true, value: { accepted: true } });
  await abortAllDurableObjects();
  expect(await object(runId).signal(runId, early)).toEqual({ ok: true, value: { accepted: true, duplicate: true } });
  expect(await object(runId).signal(runId, signal)).toMatchObject({ ok: false, fault: { kind: "invalid" } });
});
