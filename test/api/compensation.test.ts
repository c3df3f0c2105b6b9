/** Runs that undo what they have done, over real HTTP: what is answered is compared with the OpenAPI document. */
import { Validator } from "@cfworker/json-schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const get = async (path: string) => (await api.call("GET", `/api/v1${path}`)).body;
const post = (path: string, body?: object) => api.call("POST", `/api/v1${path}`, body);
const eventsOf = async (runId: string): Promise<Record<string, unknown>[]> => {
  const text = await (await api.request(`/api/v1/runs/${runId}/events?includeResults=true`)).text();
  return [...text.matchAll(/^data: ?(\{.*)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
};

/** `book` is undone once the signal `undo` has come; `flag` then fails to be undone. */
function saga(last: object) {
  return {
    name: "saga",
    steps: [
      {
        id: "flag",
        component: "/builtin/noop",
        input: "flagged",
        compensate: { component: "/builtin/noop", input: { $step: "flag", path: "$.nothing" } },
      },
      {
        id: "book",
        component: "/builtin/noop",
        input: { $step: "flag" },
        compensate: { component: "/builtin/wait_for_event", input: { name: "undo", of: { $step: "book" } } },
      },
      { ...last, id: "last" },
    ],
    output: [{ $step: "book" }, { $step: "last" }],
  };
}
const napping = { component: "/builtin/sleep", input: { duration_ms: 3_600_000 } };
const failing = { component: "/builtin/get_blob", input: { blob_id: "0".repeat(64), after: { $step: "book" } } };

async function undoing(runId: string) {
  await expect.poll(async () => (await get(`/runs/${runId}`)).compensating, { timeout: 5_000 }).toBe(true);
  const { waits } = await get(`/runs/${runId}/waits`);
  expect(waits).toMatchObject([{ kind: "signal", runId, name: "undo" }]);
}

describe("compensations", () => {
  test("RUN-141 RUN-142 a cancelled run is running and compensating until it is undone, whoever asks again, and then cancelled", async () => {
    const { runId } = (await post("/runs", { flow: saga(napping) })).body;
    const compensating = {
      status: "running",
      compensating: true,
      compensations: { total: 2, completed: 0, failed: 0 },
    };
    expect((await post(`/runs/${runId}/cancel`)).body).toMatchObject(compensating);
    expect((await post(`/runs/${runId}/cancel`)).body).toMatchObject(compensating);
    await undoing(runId);
    const steps = async () => (await get(`/runs/${runId}/steps`)).steps;
    expect(await steps()).toMatchObject([
      { stepId: "flag", status: "completed" },
      {
        stepId: "book",
        status: "completed",
        compensations: [{ component: "/builtin/wait_for_event", status: "running" }],
      },
      { stepId: "last", status: "failed" },
    ]);
    await post(`/runs/${runId}/signals/undo`, { payload: "undone" });
    const ended = await get(`/runs/${runId}?wait=true&timeoutSecs=10`);
    expect(ended).toMatchObject({ status: "cancelled", compensations: { total: 2, completed: 1, failed: 1 } });
    expect(ended).not.toHaveProperty("compensating");
    expect((await steps()).map((step: { compensations?: unknown }) => step.compensations)).toMatchObject([
      [{ status: "failed", error: { code: "EXPRESSION_FAILURE" }, completedAt: expect.any(String) }],
      [{ status: "completed", completedAt: expect.any(String) }],
      undefined,
    ]);
  });

  test("RUN-136 RUN-142 a run that fails ends with its own error once it is undone; its events tell what was undone", async () => {
    const { runId } = (await post("/runs", { flow: saga(failing) })).body;
    await undoing(runId);
    await post(`/runs/${runId}/signals/undo`, { payload: "undone" });
    expect(await get(`/runs/${runId}?wait=true&timeoutSecs=10`)).toMatchObject({ status: "failed", outcome: "failed" });
    const { results } = await get(`/runs/${runId}/items`);
    expect(results[0].result).toMatchObject({ outcome: "failed", error: { code: "INVALID_INPUT" } });
    const events = await eventsOf(runId);
    const from = events.findIndex(({ type }) => type === "compensation_started");
    expect(events.slice(from)).toMatchObject([
      { type: "compensation_started", itemIndex: 0, reason: "failed", error: { code: "INVALID_INPUT" } },
      { type: "step_waiting", stepId: "book", compensation: true, awaits: "undo" },
      { type: "signal_received", name: "undo", payload: "undone" },
      { type: "step_completed", stepId: "book", compensation: true, outcome: "success" },
      { type: "step_completed", stepId: "flag", compensation: true, outcome: "failed" },
      { type: "compensation_completed", itemIndex: 0 },
      { type: "item_completed", outcome: "failed" },
      { type: "run_completed", status: "failed" },
    ]);
    const { components } = (await (await api.request("/openapi.json")).json()) as { components: object };
    const documented = new Validator({ $ref: "#/components/schemas/RunEvent", components } as object);
    for (const event of events) expect([event["type"], documented.validate(event).errors]).toEqual([event["type"], []]);
  });

  test("RUN-115 a retry does anew what was undone", async () => {
    const { runId } = (await post("/runs", { flow: saga(failing) })).body;
    await post(`/runs/${runId}/signals/undo`, {});
    await get(`/runs/${runId}?wait=true&timeoutSecs=10`);
    const retried = (await post(`/runs/${runId}/retry`, {})).body;
    await post(`/runs/${retried.runId}/signals/undo`, {});
    expect(await get(`/runs/${retried.runId}?wait=true&timeoutSecs=10`)).toMatchObject({
      status: "failed",
      compensations: { total: 2 },
    });
    const { steps } = await get(`/runs/${retried.runId}/steps`);
    expect(steps.map(({ reused }: { reused?: boolean }) => reused ?? false)).toEqual([false, false, false]);
  });
});
