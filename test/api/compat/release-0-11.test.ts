import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, sleepingFlow } from "../example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "../local-orchestrator.ts";

const BASE = "/compat/0.11/api/v1";
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
const run = async (flow: object, input: readonly unknown[]) =>
  (await call("POST", "/runs", { flowId: await store(flow), input, wait: true })).body;

describe("flows", () => {
  test("are stored with the nulls that a generated client sends, and read back", async () => {
    const nulls = { onError: null, mustExecute: null, metadata: null };
    const flow = { ...echoFlow, version: null, test: null, steps: [{ ...echoFlow.steps[0], ...nulls }] };
    const { status, body } = await call("POST", "/flows", { flow, dryRun: null });
    expect([status, body.stored]).toEqual([200, true]);
    expect((await call("GET", `/flows/${body.flowId}`)).body).toMatchObject({
      flow: { name: "echo", steps: [{ id: "echo" }] },
      allExamples: [],
    });
    expect((await call("DELETE", `/flows/${body.flowId}`)).status).toBe(200);
    expect((await call("GET", `/flows/${body.flowId}`)).status).toBe(404);
  });

  test("are answered with diagnostics of the levels 0.11 knows", async () => {
    const flow = { steps: [{ id: "a", component: "noop", on_error: { action: "fail" } }], output: { $step: "b" } };
    const { status, body } = await call("POST", "/flows", { flow });
    expect([status, body.stored, body.diagnostics.numFatal]).toEqual([200, false, 1]);
    expect(body.diagnostics.diagnostics).toContainEqual(
      expect.objectContaining({ code: 3003, kind: "undefinedStepReference", formatted: expect.any(String) }),
    );
    const levels = body.diagnostics.diagnostics.map(({ level }: { level: string }) => level);
    expect(new Set(levels)).toEqual(new Set(["fatal", "error", "warning"]));
  });

  test("tell which environment variables fill their variables", async () => {
    const variables = {
      type: "object",
      properties: { key: { type: "string", env_var: "API_KEY" }, n: { type: "integer" } },
    };
    const flowId = await store({ ...echoFlow, schemas: { type: "object", properties: { variables } } });
    const answer = await call("GET", `/flows/${flowId}/variables`);
    expect(answer.body).toEqual({ flowId, schema: variables, envVars: { key: "API_KEY" } });
  });
});

describe("runs", () => {
  test("are flat, with results once they have ended", async () => {
    const flowId = await store(echoFlow);
    const { status, body } = await call("POST", "/runs", {
      flowId,
      input: [{ x: 1 }, { x: 2 }],
      wait: true,
      variables: null,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      runId: expect.any(String),
      flowId,
      flowName: "echo",
      status: "completed",
      items: { total: 2, completed: 2, running: 0, failed: 0, cancelled: 0 },
      createdAt: expect.any(String),
      completedAt: expect.any(String),
      rootRunId: body.runId,
      createdAtSeqno: expect.any(Number),
      finishedAtSeqno: expect.any(Number),
      results: [
        {
          itemIndex: 0,
          status: "completed",
          result: { outcome: "success", result: { x: 1 } },
          completedAt: expect.any(String),
        },
        {
          itemIndex: 1,
          status: "completed",
          result: { outcome: "success", result: { x: 2 } },
          completedAt: expect.any(String),
        },
      ],
    });
    const { results, ...summary } = body;
    expect((await call("GET", `/runs/${body.runId}?wait=true&timeoutSecs=100000`)).body).toEqual(summary);
    expect((await call("GET", `/runs/${body.runId}/items`)).body).toEqual({ itemCount: 2, items: results });
    expect((await call("GET", `/runs/${body.runId}/flow`)).body).toMatchObject({ flowId, flow: { name: "echo" } });
  });

  test("are all given, however many items they have", async () => {
    const input = Array.from({ length: 1500 }, (_, x) => ({ x }));
    const { runId } = await run(echoFlow, input);
    const { itemCount, items } = (await call("GET", `/runs/${runId}/items`)).body;
    expect(itemCount).toBe(1500);
    expect(items.at(-1)).toMatchObject({ itemIndex: 1499, result: { result: { x: 1499 } } });
  });

  test("fail with a number of 0.11's table", async () => {
    const { status, items, results } = await run(failingFlow, [{}]);
    expect([status, items.failed]).toEqual(["failed", 1]);
    expect(results[0]).toMatchObject({ status: "failed", result: { outcome: "failed", error: { code: -32_200 } } });
  });

  test("that were skipped have failed: 0.11 has no word for it", async () => {
    const { runId, status, items, results } = await run(skippingFlow, [{}]);
    expect([status, items.completed, items.failed]).toEqual(["failed", 0, 1]);
    expect(results[0]).toMatchObject({
      status: "failed",
      result: { outcome: "failed", error: { code: expect.any(Number), message: expect.stringContaining("skipped") } },
    });
    expect((await call("GET", `/runs/${runId}/steps`)).body.steps).toEqual({
      a: { stepId: "a", component: "/builtin/noop", status: "skipped" },
    });
  });

  test("have steps by id, those of one item", async () => {
    const { runId } = await run(echoFlow, [{ x: 1 }, { x: 2 }]);
    expect((await call("GET", `/runs/${runId}/steps?itemIndex=1`)).body.steps).toEqual({
      echo: {
        stepId: "echo",
        component: "/builtin/noop",
        status: "completed",
        result: { outcome: "success", result: { x: 2 } },
      },
    });
  });

  test("are listed from an offset on", async () => {
    const flow = { ...sleepingFlow, name: "listed" };
    const flowId = await store(flow);
    const started: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { status, body } = await call("POST", "/runs", { flowId, input: [{}] });
      expect([status, body.status, body.results]).toEqual([202, "running", undefined]);
      started.unshift(body.runId);
    }
    const list = async (query: string) =>
      (await call("GET", `/runs?flowName=listed&${query}`)).body.runs.map(({ runId }: { runId: string }) => runId);
    await expect.poll(() => list("limit=10"), { timeout: 5_000, interval: 50 }).toHaveLength(3);
    expect(await list("limit=1&offset=1")).toEqual([started[1]]);
    expect(await list("limit=10&offset=5")).toEqual([]);
    const runId = started[0];
    expect((await call("DELETE", `/runs/${runId}`)).status).toBe(409);
    expect((await call("POST", `/runs/${runId}/cancel`)).body).toMatchObject({ runId, status: "cancelled" });
    expect((await call("DELETE", `/runs/${runId}`)).status).toBe(200);
    expect((await call("GET", `/runs/${runId}`)).status).toBe(404);
  });
});

test("components have the names and schemas of 0.11", async () => {
  const { components } = (await call("GET", "/components")).body;
  const described = components.find(({ component }: { component: string }) => component === "/builtin/eval");
  expect(described).toMatchObject({ description: expect.any(String), input_schema: { type: "object" } });
  const bare = (await call("GET", "/components?includeSchemas=false")).body.components;
  expect(bare.some((entry: object) => "input_schema" in entry)).toBe(false);
});

test("blobs are stored and read with 200", async () => {
  const { status, body } = await call("POST", "/blobs", { data: "hello", blobType: "data" });
  expect(status).toBe(200);
  expect((await call("GET", `/blobs/${body.blobId}`)).body).toMatchObject({ data: "hello", blobType: "data" });
});

test("health tells a version", async () => {
  expect((await call("GET", "/health")).body).toEqual({
    status: "healthy",
    timestamp: expect.any(String),
    version: expect.any(String),
  });
});

test.each([
  ["GET", "/runs/01900000-0000-7000-8000-000000000000", 404, "There is no run"],
  ["GET", "/runs/nonsense", 400, "not a run id"],
  ["POST", "/runs", 400, "/flowId"],
  ["GET", "/nothing", 404, "has nothing for GET"],
])("refusals have the form of 0.11: %s %s", async (method, path, code, message) => {
  const { status, body } = await call(method, path, method === "POST" ? { input: [] } : undefined);
  expect(status).toBe(code);
  expect(body).toMatchObject({ code, message: expect.stringContaining(message), stack: [] });
});
