import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, parentFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const UNKNOWN = "01900000-0000-7000-8000-000000000000";
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

/** Fails as long as the blob is not stored. */
const readsBlob = (text: string) => ({
  name: "reads-blob",
  steps: [
    { id: "first", component: "/builtin/noop", input: { $input: "$" } },
    {
      id: "read",
      component: "/builtin/get_blob",
      input: { blob_id: createHash("sha256").update(JSON.stringify(text)).digest("hex") },
    },
    { id: "last", component: "/builtin/noop", input: [{ $step: "first" }, { $step: "read" }] },
  ],
  output: { $step: "last" },
});
const steps = async (runId: string) =>
  (await get(`/runs/${runId}/steps`)).steps.map(({ stepId, status, reused }: Record<string, unknown>) => [
    stepId,
    status,
    reused ?? false,
  ]);

describe("retrying a run", () => {
  test("RUN-115 executes what failed, in a new run that says where it comes from, also once the earlier one is deleted", async () => {
    const flow = readsBlob("retry me");
    const source = (await post("/runs", { flow, input: [1], labels: { team: "x" }, wait: true })).body;
    expect(source.status).toBe("failed");
    await post("/blobs", { data: "retry me" });
    const retried = await post(`/runs/${source.runId}/retry`);
    const { runId } = retried.body;
    expect(retried).toMatchObject({
      status: 202,
      body: { labels: { team: "x" }, origin: { kind: "retry", runId: source.runId } },
    });
    expect(retried.headers.get("location")).toBe(`/api/v1/runs/${runId}`);
    expect(await get(`/runs/${runId}?wait=true`)).toMatchObject({ outcome: "success", origin: { kind: "retry" } });
    expect((await api.call("DELETE", `/api/v1/runs/${source.runId}`)).status).toBe(204);
    expect((await get(`/runs/${runId}/items`)).results).toMatchObject([
      { result: { result: [1, { data: "retry me" }] } },
    ]);
    expect(await steps(runId)).toEqual([
      ["first", "completed", true],
      ["read", "completed", false],
      ["last", "completed", false],
    ]);
    const events = await (await api.request(`/api/v1/runs/${runId}/events`)).text();
    expect(events).toMatch(/"type":"run_created".*"origin":\{"kind":"retry"/);
    expect(events.match(/"type":"step_completed".*"reused":true/g)).toHaveLength(1);
  });

  test("RUN-115 is refused for a run that succeeded, that goes on, or that is not there, and for items that succeeded", async () => {
    const good = (await post("/runs", { flow: echoFlow, input: [{ x: 1 }], wait: true })).body;
    const napping = (await post("/runs", { flow: sleepingFlow })).body;
    const refusal = async (runId: string, body: object = {}) => {
      const { status, body: answer } = await post(`/runs/${runId}/retry`, body);
      return `${status} ${answer.error.message}`;
    };
    expect(await refusal(good.runId)).toBe(
      `409 run ${good.runId} succeeded: there is nothing to retry; rerun it from a step, or fork it`,
    );
    expect(await refusal(napping.runId)).toContain(`409 run ${napping.runId} has not ended (running)`);
    expect(await refusal(UNKNOWN)).toBe(`404 There is no run ${UNKNOWN}.`);
    const flow = { steps: [], output: { $input: "x" } };
    const half = (await post("/runs", { flow, input: [{ x: 1 }, {}], wait: true })).body;
    expect(await refusal(half.runId, { itemIndexes: [0] })).toContain("400 item 0");
    expect(await refusal(half.runId, { itemIndexes: [2] })).toContain("400");
    await post(`/runs/${napping.runId}/cancel`);
  });

  test("RUN-115 with the same key gives the same run, and is waited for", async () => {
    const source = (await post("/runs", { flow: readsBlob("never stored"), wait: true })).body;
    const retry = (body: object) =>
      api.call("POST", `/api/v1/runs/${source.runId}/retry`, body, { "idempotency-key": "again" });
    const [first, second] = [await retry({ wait: true }), await retry({})];
    expect([first.status, first.body.status, second.status]).toEqual([200, "failed", 200]);
    expect(second.body.runId).toBe(first.body.runId);
    expect((await retry({ itemIndexes: [0] })).status).toBe(409);
  });
});

describe("rerunning and forking a run", () => {
  test("RUN-117 a rerun names steps of the flow", async () => {
    const source = (await post("/runs", { flow: echoFlow, input: [{ x: 1 }], wait: true })).body;
    const rerun = (await post(`/runs/${source.runId}/rerun`, { from: ["echo"], wait: true })).body;
    expect(rerun).toMatchObject({ outcome: "success", origin: { kind: "rerun", runId: source.runId } });
    expect(await steps(rerun.runId)).toEqual([["echo", "completed", false]]);
    const unknown = await post(`/runs/${source.runId}/rerun`, { from: ["ecco"] });
    expect(unknown).toMatchObject({
      status: 400,
      body: { error: { message: 'the flow has no step "ecco"; did you mean "echo"?' } },
    });
    expect((await post(`/runs/${source.runId}/rerun`, { from: [] })).status).toBe(400);
  });

  test("RUN-118 a fork executes another version of the flow, with what is the same taken over", async () => {
    const flow = readsBlob("fork me");
    const source = (await post("/runs", { flow, input: [{ n: 1 }], wait: true })).body;
    expect(source.status).toBe("failed");
    const [first, , last] = flow.steps;
    const fixed = { ...flow, steps: [first, { id: "read", component: "/builtin/noop", input: "fixed" }, last] };
    const fork = (await post(`/runs/${source.runId}/fork`, { flow: fixed, labels: { a: "b" }, wait: true })).body;
    expect(fork).toMatchObject({
      labels: { a: "b" },
      origin: { kind: "fork" },
      results: [{ result: { result: [{ n: 1 }, "fixed"] } }],
    });
    expect(await steps(fork.runId)).toEqual([
      ["first", "completed", true],
      ["read", "completed", false],
      ["last", "completed", false],
    ]);
    const overrides = { steps: { read: { value: { component: "/builtin/noop", input: 2 } } } };
    const patched = (await post(`/runs/${source.runId}/fork`, { overrides, wait: true })).body;
    expect(patched.results).toMatchObject([{ result: { result: [{ n: 1 }, 2] } }]);
    const again = (await post(`/runs/${patched.runId}/fork`, { input: [7], wait: true })).body;
    expect(again.results).toMatchObject([{ result: { result: [7, 2] } }]);
    expect(await steps(again.runId)).toMatchObject([
      ["first", "completed", false],
      ["read", "completed", true],
      ["last", "completed", false],
    ]);
  });

  test("RUN-118 variables that are worth something else are read again, those that are not are not", async () => {
    const flow = {
      steps: [
        { id: "a", component: "/builtin/noop", input: { $variable: "a", default: 0 } },
        { id: "b", component: "/builtin/noop", input: { $variable: "b", default: 0 } },
      ],
      output: [{ $step: "a" }, { $step: "b" }],
    };
    const source = (await post("/runs", { flow, variables: { a: 1, b: { x: 1, y: 2 } }, wait: true })).body;
    const fork = (await post(`/runs/${source.runId}/fork`, { variables: { a: 2, b: { y: 2, x: 1 } }, wait: true }))
      .body;
    expect(fork.results).toMatchObject([{ result: { result: [2, { x: 1, y: 2 }] } }]);
    expect(await steps(fork.runId)).toEqual([
      ["a", "completed", false],
      ["b", "completed", true],
    ]);
  });

  test("RUN-118 an input that the flow refuses starts nothing, whether it is given or was that of the earlier run", async () => {
    const open = { steps: [], output: { $input: "$" } };
    const source = (await post("/runs", { flow: open, input: [{ x: "text" }], wait: true })).body;
    expect(await post(`/runs/${source.runId}/fork`, { flow: echoFlow })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("the input of item 0: /x") } },
    });
    const echoed = (await post("/runs", { flow: echoFlow, input: [{ x: 1 }], wait: true })).body;
    expect(await post(`/runs/${echoed.runId}/fork`, { input: {} })).toMatchObject({
      status: 400,
      body: { error: { details: { faults: [{ pointer: "/input" }] } } },
    });
    expect(await post(`/runs/${echoed.runId}/fork`, { flow: open, flowId: echoed.flowId })).toMatchObject({
      status: 400,
    });
  });

  test("RUN-118 a run that has not ended is forked as it is now", async () => {
    const flow = {
      steps: [...sleepingFlow.steps, { id: "done", component: "/builtin/noop", input: 1 }],
      output: [{ $step: "nap" }, { $step: "done" }],
    };
    const source = (await post("/runs", { flow })).body;
    const fork = (await post(`/runs/${source.runId}/fork`, {})).body;
    expect(await steps(fork.runId)).toEqual([
      ["nap", "running", false],
      ["done", "completed", true],
    ]);
    for (const runId of [source.runId, fork.runId]) await post(`/runs/${runId}/cancel`);
  });
});

describe("many runs at once", () => {
  const labels = { bulk: "yes" };
  const query = (more: string) => `/runs?label=bulk:yes&${more}`;
  const indexed = (status: string, count: number) =>
    expect
      .poll(async () => (await get(query(`status=${status}`))).runs.length, { timeout: 5_000, interval: 50 })
      .toBe(count);

  test("RUN-121 are retried once each, page by page, however often it is asked", async () => {
    const flow = { steps: [], output: { $input: "x" } };
    const start = (input: object) => post("/runs", { flow, input: [input], labels, wait: true });
    const failed = await Promise.all([1, 2, 3].map(() => start({})));
    const good = (await start({ x: 1 })).body;
    await indexed("failed", 3);
    await indexed("completed", 1);
    const dry = await post("/runs/bulk-retry", { labels, dryRun: true });
    expect(dry.body).toMatchObject({ dryRun: true, counts: { done: 3, skipped: 1, failed: 0 } });
    expect(dry.body.results.find((result: { runId: string }) => result.runId === good.runId)).toMatchObject({
      outcome: "skipped",
      reason: "the run did not fail",
    });
    const runIds = failed.map(({ body }) => body.runId);
    const first = (await post("/runs/bulk-retry", { runIds: [...runIds, UNKNOWN] })).body;
    expect(first.counts).toEqual({ done: 3, skipped: 1, failed: 0 });
    expect(await get(`/runs/${first.results[0].newRunId}`)).toMatchObject({
      origin: { kind: "retry", runId: runIds[0] },
    });
    const second = (await post("/runs/bulk-retry", { runIds })).body;
    expect(second.results.map((result: { newRunId: string }) => result.newRunId)).toEqual(
      first.results.slice(0, 3).map((result: { newRunId: string }) => result.newRunId),
    );
    expect(second.results[0]).toMatchObject({ outcome: "done", repeated: true });
  });

  test("RUN-121 are cancelled, those that have ended are skipped", async () => {
    for (const _ of [1, 2, 3]) await post("/runs", { flow: sleepingFlow, labels });
    await indexed("running", 3);
    const filter = { status: "running", labels, limit: 2 };
    const page = (await post("/runs/bulk-cancel", filter)).body;
    expect(page.counts).toEqual({ done: 2, skipped: 0, failed: 0 });
    const rest = (await post("/runs/bulk-cancel", { ...filter, cursor: page.nextCursor })).body;
    expect(rest).toMatchObject({ results: [{ outcome: "done" }] });
    expect(rest.nextCursor).toBeUndefined();
    const runIds = page.results.map(({ runId }: { runId: string }) => runId);
    expect((await post("/runs/bulk-cancel", { runIds })).body.results[0]).toMatchObject({
      outcome: "skipped",
      reason: "the run has ended (cancelled)",
    });
  });

  test("RUN-121 are not all of them unless that is said", async () => {
    const refused = await post("/runs/bulk-cancel", { dryRun: true });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("say which runs") } },
    });
    expect((await post("/runs/bulk-cancel", { labels: {}, dryRun: true })).status).toBe(400);
    expect((await post("/runs/bulk-cancel", { all: true, dryRun: true })).status).toBe(200);
    expect((await post("/runs/bulk-cancel", { runIds: [UNKNOWN], status: "failed" })).status).toBe(400);
  });
});
