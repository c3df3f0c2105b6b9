import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlowDocument } from "../../../src/core/flow/index.ts";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId, TaskId } from "../../../src/protocol/ids.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${runId}`);
const object = (runId: RunId) => stub(runId) as unknown as RunObjectApi;
const taskOf = (runId: RunId) => `${runId}/0/0` as TaskId;
const armedAt = (runId: RunId) => runInDurableObject(stub(runId), (_, { storage }) => storage.getAlarm());

async function started(input: object): Promise<RunId> {
  const { flow } = parseFlowDocument({
    name: "asks",
    steps: [{ id: "ask", component: "/builtin/approval", input: { title: "Ship it?", ...input } }],
    output: { $step: "ask" },
  });
  if (!flow) throw new Error("the flow of this test is not valid");
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  await object(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission: { inputs: [{}] } });
  return runId;
}

/** Lets everything be said that is to be said about the start. */
async function settled(runId: RunId): Promise<void> {
  while (await runDurableObjectAlarm(stub(runId))) {
    const at = await armedAt(runId);
    if (at === null || at - Date.now() > 60_000) return;
  }
}

test("RUN-96 a run that waits for a decision keeps no object awake, and takes it after evictions and kills", async () => {
  const runId = await started({ timeout: "30d" });
  await settled(runId);
  expect(((await armedAt(runId)) ?? 0) - Date.now()).toBeGreaterThan(29 * 86_400_000);
  await evictDurableObject(stub(runId));
  await expect(evictDurableObject(stub(runId))).rejects.toThrow("not currently running");
  expect(await object(runId).approval(taskOf(runId), 1)).toMatchObject({
    ok: true,
    value: { runId, flowName: "asks", stepId: "ask", title: "Ship it?", state: { kind: "open" } },
  });
  await abortAllDurableObjects();
  const { value } = await waits(runId);
  expect(value.waits).toMatchObject([{ kind: "approval", stepId: "ask", approval: { links: [{}] } }]);
  expect(await object(runId).decideApproval(taskOf(runId), 1, { decision: "approved", by: "ada" })).toEqual({
    ok: true,
    value: { accepted: true, repeated: false },
  });
  await abortAllDurableObjects();
  expect(await object(runId).decideApproval(taskOf(runId), 1, { decision: "approved", by: "ada" })).toEqual({
    ok: true,
    value: { accepted: true, repeated: true },
  });
  expect(await object(runId).summary(runId)).toMatchObject({ ok: true, value: { status: "completed" } });
});

test("RUN-97 of decisions that come at the same time one counts, and the others are told which", async () => {
  const runId = await started({});
  const decide = (by: string, decision: "approved" | "rejected") =>
    object(runId).decideApproval(taskOf(runId), 1, { decision, by });
  const replies = await Promise.all([decide("ada", "approved"), decide("bob", "approved"), decide("ada", "rejected")]);
  const accepted = replies.find(({ ok }) => ok);
  expect(accepted).toEqual({ ok: true, value: { accepted: true, repeated: false } });
  const refused = replies.filter(({ ok }) => !ok);
  expect(refused).toHaveLength(2);
  const view = await object(runId).approval(taskOf(runId), 1);
  if (!view.ok || view.value.state.kind !== "decided") throw new Error("nothing was decided");
  const { decision, by, at } = view.value.state;
  for (const reply of refused)
    expect(reply).toMatchObject({
      fault: { kind: "precondition", message: `nothing can be decided any more: it was ${decision} by ${by} at ${at}` },
    });
});

async function waits(runId: RunId) {
  const reply = await object(runId).waits(runId, { offset: 0, limit: 10 });
  if (!reply.ok) throw new Error(JSON.stringify(reply.fault));
  return reply;
}
