import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, parentFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const get = async (path: string) => (await api.call("GET", `/api/v1${path}`)).body;
const post = (path: string, body?: object) => api.call("POST", `/api/v1${path}`, body);

describe("pausing a run", () => {
  test("RUN-113 shows it paused, in lists too, however often it is paused, until it is resumed", async () => {
    const { runId } = (await post("/runs", { flow: sleepingFlow })).body;
    const first = await post(`/runs/${runId}/pause`, {});
    expect(first).toMatchObject({ status: 200, body: { runId, status: "paused" } });
    expect((await post(`/runs/${runId}/pause`)).body).toEqual(first.body);
    const listed = async (status: string) =>
      (await get(`/runs?status=${status}`)).runs.map((run: { runId: string }) => run.runId);
    await expect.poll(() => listed("paused"), { timeout: 5_000 }).toEqual([runId]);
    expect(await get(`/runs/${runId}?wait=true&timeoutSecs=0`)).toMatchObject({ status: "paused" });
    expect((await post(`/runs/${runId}/resume`)).body.status).toBe("running");
    await expect.poll(() => listed("running"), { timeout: 5_000 }).toEqual([runId]);
    expect((await post(`/runs/${runId}/resume`)).body.status).toBe("running");
    await post(`/runs/${runId}/pause`);
    expect((await post(`/runs/${runId}/cancel`)).body.status).toBe("cancelled");
    const events = (await (await api.request(`/api/v1/runs/${runId}/events`)).text()).match(/"type":"run_[a-z]+"/g);
    expect(events?.map((text) => text.slice(8, -1))).toEqual([
      "run_created",
      "run_paused",
      "run_resumed",
      "run_paused",
      "run_completed",
    ]);
  });

  test("RUN-113 is refused for a sub-run, and for a run that has ended", async () => {
    const { runId, rootRunId } = (await post("/runs", { flow: parentFlow, input: [1], wait: true })).body;
    const { runs } = await get(`/runs?parentRunId=${runId}`);
    const sub = runs[0]?.runId ?? `${runId.slice(0, -1)}1`;
    expect(await post(`/runs/${sub}/pause`)).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining(`root run ${rootRunId}`) } },
    });
    const ended = (await post("/runs", { flow: echoFlow, input: [{ x: 1 }], wait: true })).body;
    expect(await post(`/runs/${ended.runId}/resume`)).toMatchObject({ status: 409 });
  });
});
