import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, parentFlow, sleepingFlow } from "../example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "../local-orchestrator.ts";

const BASE = "/compat/head/api/v1";
const RUNNING = 1;
const COMPLETED = 2;
const FAILED = 3;
const CANCELLED = 4;
const failingFlow = {
  name: "failing",
  steps: [{ id: "a", component: "/builtin/noop", input: { $input: "missing" } }],
  output: { $step: "a" },
};
const skippingFlow = {
  name: "skipping",
  steps: [{ id: "a", component: "/builtin/noop", skip: true, input: 1 }],
  output: { $step: "a" },
};

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const call = (method: string, path: string, body?: unknown) => api.call(method, BASE + path, body);
const store = async (flow: object): Promise<string> => (await call("POST", "/flows", { flow })).body.flowId;
const run = async (flow: object, input: readonly unknown[] = [{}]) =>
  (await call("POST", "/runs", { flowId: await store(flow), input, wait: true })).body;
const text = expect.any(String);

describe("flows", () => {
  test("are stored with numbers for the levels of their diagnostics", async () => {
    const flow = { steps: [{ id: "a", component: "noop", input: 1 }], output: { $step: "b" } };
    const { status, body } = await call("POST", "/flows", { flow });
    expect([status, body.stored, body.diagnostics.numFatal]).toEqual([200, false, 1]);
    const levels = body.diagnostics.diagnostics.map(({ code, level }: { code: number; level: number }) => [
      code,
      level,
    ]);
    expect(levels).toEqual(
      expect.arrayContaining([
        [3003, 1],
        [2500, 2],
        [1001, 3],
      ]),
    );
  });

  test("are read, with their variables, and deleted", async () => {
    const variables = {
      type: "object",
      properties: { key: { type: "string", env_var: "API_KEY" } },
      required: ["key"],
    };
    const flowId = await store({ ...echoFlow, schemas: { type: "object", properties: { variables } } });
    expect((await call("GET", `/flows/${flowId}`)).body).toMatchObject({
      flowId,
      flow: { name: "echo" },
      allExamples: [],
    });
    expect((await call("GET", `/flows/${flowId}/variables`)).body).toMatchObject({
      flowId,
      variables: { key: { required: true, envVar: "API_KEY" } },
    });
    expect(await call("DELETE", `/flows/${flowId}`)).toMatchObject({ status: 200, body: {} });
  });
});

describe("runs", () => {
  test("stand in a summary, with results once they have ended", async () => {
    const flowId = await store(echoFlow);
    const { status, body } = await call("POST", "/runs", { flowId, input: [{ x: 1 }, { x: 2 }], wait: true });
    expect(status).toBe(200);
    const { runId } = body.summary;
    expect(body).toEqual({
      summary: {
        runId,
        flowId,
        flowName: "echo",
        status: COMPLETED,
        items: { total: 2, completed: 2, running: 0, failed: 0, cancelled: 0 },
        createdAt: text,
        completedAt: text,
        rootRunId: runId,
        createdAtSeqno: expect.any(Number),
        finishedAtSeqno: expect.any(Number),
      },
      results: [
        { itemIndex: 0, status: COMPLETED, output: { x: 1 }, completedAt: text },
        { itemIndex: 1, status: COMPLETED, output: { x: 2 }, completedAt: text },
      ],
    });
    const { summary, steps } = (await call("GET", `/runs/${runId}?wait=true`)).body;
    expect(summary).toEqual(body.summary);
    expect(steps).toHaveLength(2);
    expect(steps[1]).toMatchObject({ stepId: "echo", itemIndex: 1, status: COMPLETED, output: { x: 2 } });
    expect((await call("GET", `/runs/${runId}/items?resultOrder=1`)).body).toEqual({ results: body.results });
    expect((await call("GET", `/runs/${runId}/steps?itemIndex=1`)).body).toEqual({ steps: [steps[1]] });
    expect((await call("GET", `/runs/${runId}/steps/echo?itemIndex=1&asof=99999`)).body).toEqual({ step: steps[1] });
    expect((await call("GET", `/runs/${runId}/flow`)).body).toMatchObject({ flowId, flow: { name: "echo" } });
  });

  test("that fail, and those that were skipped, have numbers for their errors", async () => {
    const failed = await run(failingFlow);
    expect(failed.summary).toMatchObject({ status: FAILED, items: { completed: 0, failed: 1 } });
    expect(failed.results).toEqual([
      {
        itemIndex: 0,
        status: FAILED,
        errorMessage: expect.stringContaining("missing"),
        errorCode: 8,
        completedAt: text,
      },
    ]);
    const skipped = await run(skippingFlow);
    expect(skipped.summary).toMatchObject({ status: FAILED, items: { completed: 0, failed: 1 } });
    expect(skipped.results).toMatchObject([{ status: FAILED, errorMessage: "the item was skipped", errorCode: 4 }]);
  });

  test("are listed by number of status, cancelled, and deleted once they have ended", async () => {
    const flowId = await store({ ...sleepingFlow, name: "listed" });
    const { status, body } = await call("POST", "/runs", { flowId, input: [{}] });
    expect([status, body.summary.status, body.results]).toEqual([200, RUNNING, []]);
    const { runId } = body.summary;
    const list = async (query: string) => (await call("GET", `/runs?flowName=listed&${query}`)).body.runs;
    await expect.poll(() => list(`status=${RUNNING}`), { timeout: 5_000, interval: 50 }).toMatchObject([{ runId }]);
    expect(await list(`status=${COMPLETED}`)).toEqual([]);
    expect(await list("status=0")).toHaveLength(1);
    const refused = await call("DELETE", `/runs/${runId}`);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 400, status: "FAILED_PRECONDITION" } } });
    expect((await call("POST", `/runs/${runId}/cancel`)).body.summary.status).toBe(CANCELLED);
    expect(await call("DELETE", `/runs/${runId}`)).toMatchObject({ status: 200, body: {} });
  });
});

describe("events", () => {
  const events = async (path: string) => {
    const response = await api.request(BASE + path);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const lines = (await response.text()).split("\n\n").filter((message) => message !== "");
    expect(lines.filter((line) => !line.startsWith("data: "))).toEqual([]);
    return lines.map((line) => JSON.parse(line.slice("data: ".length)));
  };

  test("are named as variants, and end with the run", async () => {
    const { summary } = await run(echoFlow, [{ x: 1 }]);
    const { runId, flowId } = summary;
    const found = await events(`/runs/${runId}/events?runId=${runId}&includeResults=true`);
    expect(found.at(0)).toEqual({
      sequenceNumber: expect.any(Number),
      timestamp: text,
      event: { RunCreated: { runId, flowId, itemCount: 1 } },
    });
    const step = { runId, itemIndex: 0, stepIndex: 0, stepId: "echo" };
    expect(found.map(({ event }) => event)).toContainEqual({
      StepCompleted: { ...step, status: COMPLETED, result: { x: 1 } },
    });
    expect(found.at(-1).event).toEqual({ RunCompleted: { runId, status: COMPLETED } });
  });

  test("are chosen by number, those of sub-runs too", async () => {
    const { summary } = await run(parentFlow);
    const { runId } = summary;
    const found = await events(`/runs/${runId}/events?eventTypes=6&eventTypes=7&includeSubRuns=true`);
    expect(found.map(({ event }) => Object.keys(event)[0])).toEqual(["SubRunCreated", "RunCompleted", "RunCompleted"]);
    expect(found[0].event.SubRunCreated).toMatchObject({ parentRunId: runId, itemCount: 1 });
  });
});

test("components, blobs and health answer as they did", async () => {
  const { components, complete, failedPlugins } = (await call("GET", "/components?excludeSchemas=true")).body;
  expect([complete, failedPlugins]).toEqual([true, []]);
  expect(components).toContainEqual(
    expect.objectContaining({ path: "/builtin/eval", plugin: "builtin", componentId: text }),
  );
  const { status, body } = await call("POST", "/blobs", { json_data: "hello", blob_type: "data" });
  expect(status).toBe(200);
  expect((await call("GET", `/blobs/${body.blobId}`)).body).toMatchObject({ data: "hello", blobType: "data" });
  expect((await call("GET", "/health")).body).toMatchObject({ status: "healthy", build: { gitVersion: text } });
});

test.each([
  ["GET", "/runs/01900000-0000-7000-8000-000000000000", 404, "NOT_FOUND"],
  ["GET", "/runs/nonsense", 400, "INVALID_ARGUMENT"],
  ["GET", "/nothing", 404, "NOT_FOUND"],
])("refusals have a status: %s %s", async (method, path, code, name) => {
  const { status, body } = await call(method, path);
  expect(status).toBe(code);
  expect(body).toEqual({
    error: { code, message: text, status: name, ...(code === 400 && { details: expect.any(Object) }) },
  });
});
