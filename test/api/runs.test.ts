import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, parentFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const get = (path: string) => api.call("GET", `/api/v1${path}`);
const run = async (body: object) => (await api.call("POST", "/api/v1/runs", { wait: true, ...body })).body;
const UNKNOWN = "01900000-0000-7000-8000-000000000000";

/** The ids a search finds, once it finds as many as expected. */
async function search(query: string, expected: number): Promise<string[]> {
  let found: string[] = [];
  await expect
    .poll(
      async () => {
        found = (await get(`/runs?${query}`)).body.runs.map((entry: { runId: string }) => entry.runId);
        return found.length;
      },
      { timeout: 5_000, interval: 50 },
    )
    .toBe(expected);
  return found;
}

describe("a run", () => {
  test("is read as it is", async () => {
    const { runId, results, ...summary } = await run({ flow: echoFlow, input: [{ x: 1 }], labels: { a: "b" } });
    expect((await get(`/runs/${runId}`)).body).toEqual({ runId, ...summary });
    expect((await get(`/runs/${runId.toUpperCase()}`)).body.runId).toBe(runId);
    expect((await get(`/runs/${runId}/items`)).body.results).toEqual(results);
  });

  test("is waited for, at most for timeoutSecs", async () => {
    const { runId } = await run({ flow: sleepingFlow, wait: false });
    expect((await get(`/runs/${runId}?wait=true&timeoutSecs=0`)).body.status).toBe("running");
    const waiting = get(`/runs/${runId}?wait=true`);
    await api.call("POST", `/api/v1/runs/${runId}/cancel`);
    expect((await waiting).body.status).toBe("cancelled");
  });

  test("has the flow it executes", async () => {
    const { runId, flowId } = await run({ flow: sleepingFlow, wait: false });
    expect((await get(`/runs/${runId}/flow`)).body).toEqual({ flowId, flow: sleepingFlow });
  });

  test.each([
    ["", ""],
    ["/items", ""],
    ["/steps", ""],
    ["/steps/a", ""],
    ["/flow", ""],
    ["/events", ""],
  ])("that does not exist is a 404: GET %s", async (path) => {
    const { status, body } = await get(`/runs/${UNKNOWN}${path}`);
    expect(status).toBe(404);
    expect(body.error.message).toContain(UNKNOWN);
  });

  test("with an id that cannot be one is a 400", async () => {
    const { status, body } = await get("/runs/nonsense");
    expect(status).toBe(400);
    expect(body.error.details.faults).toMatchObject([{ pointer: "runId" }]);
  });
});

describe("items", () => {
  test("come in pages that meet", async () => {
    const { runId } = await run({ flow: echoFlow, input: [1, 2, 3, 4, 5].map((x) => ({ x })) });
    const seen: number[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const { results, nextCursor } = (await get(`/runs/${runId}/items?limit=2${cursor}`)).body;
      seen.push(...results.map((item: { itemIndex: number }) => item.itemIndex));
      cursor = nextCursor === undefined ? "" : `&cursor=${nextCursor}`;
      pages++;
    } while (cursor !== "" && pages < 9);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(pages).toBe(3);
  });

  test("come by completion when asked", async () => {
    const { runId } = await run({ flow: echoFlow, input: [{ x: 1 }, { x: 2 }] });
    const results = (await get(`/runs/${runId}/items?resultOrder=byCompletion`)).body.results;
    expect(results).toHaveLength(2);
    expect((await get(`/runs/${runId}/items?result_order=by_completion`)).body.results).toEqual(results);
  });

  test("of a failed item carry the error with its data", async () => {
    const flow = { name: "fails", steps: [{ id: "a", component: "/builtin/nothing" }], output: { $step: "a" } };
    const { runId } = await run({ flow });
    const [item] = (await get(`/runs/${runId}/items`)).body.results;
    expect(item).toMatchObject({
      status: "failed",
      result: { outcome: "failed", error: { message: expect.any(String) } },
    });
  });
});

describe("steps", () => {
  test("come by item, without outputs unless asked for", async () => {
    const { runId } = await run({ flow: echoFlow, input: [{ x: 1 }, { x: 2 }] });
    const { steps } = (await get(`/runs/${runId}/steps`)).body;
    expect(steps).toMatchObject([
      { stepId: "echo", itemIndex: 0 },
      { stepId: "echo", itemIndex: 1, status: "completed" },
    ]);
    expect(steps[0]).not.toHaveProperty("output");
    const second = (await get(`/runs/${runId}/steps?itemIndex=1&includeOutputs=true`)).body;
    expect(second.steps).toMatchObject([{ itemIndex: 1, output: { x: 2 } }]);
  });

  test("come in pages that meet", async () => {
    const { runId } = await run({ flow: echoFlow, input: [{ x: 1 }, { x: 2 }, { x: 3 }] });
    for (const outputs of ["false", "true"]) {
      const first = (await get(`/runs/${runId}/steps?limit=2&includeOutputs=${outputs}`)).body;
      expect(first.steps).toHaveLength(2);
      const second = (await get(`/runs/${runId}/steps?limit=2&includeOutputs=${outputs}&cursor=${first.nextCursor}`))
        .body;
      expect(second.steps).toMatchObject([{ itemIndex: 2 }]);
    }
  });

  test("one of them, with its output", async () => {
    const { runId } = await run({ flow: echoFlow, input: [{ x: 1 }, { x: 2 }] });
    expect((await get(`/runs/${runId}/steps/echo`)).body.step).toMatchObject({ itemIndex: 0, output: { x: 1 } });
    expect((await get(`/runs/${runId}/steps/echo?itemIndex=1`)).body.step).toMatchObject({ output: { x: 2 } });
    expect((await get(`/runs/${runId}/steps/other`)).status).toBe(404);
    expect((await get(`/runs/${runId}/steps/echo?itemIndex=2`)).status).toBe(404);
  });
});

describe("cancelling and deleting", () => {
  test("a cancelled run stays cancelled, however often it is cancelled", async () => {
    const { runId } = await run({ flow: sleepingFlow, wait: false });
    const cancel = () => api.call("POST", `/api/v1/runs/${runId}/cancel`, {});
    const first = await cancel();
    expect(first.body).toMatchObject({ status: "cancelled", items: { cancelled: 1, running: 0 } });
    expect((await cancel()).body).toEqual(first.body);
  });

  test("a run that has ended is not changed by a cancel", async () => {
    const { runId } = await run({ flow: echoFlow, input: { x: 1 } });
    expect((await api.call("POST", `/api/v1/runs/${runId}/cancel`)).body.status).toBe("completed");
  });

  test("a running run is not deleted; an ended one is, from the index too", async () => {
    const { runId } = await run({ flow: sleepingFlow, wait: false, labels: { doomed: "yes" } });
    const refused = await api.call("DELETE", `/api/v1/runs/${runId}`);
    expect(refused.status).toBe(409);
    expect(refused.body.error.status).toBe("FAILED_PRECONDITION");
    await api.call("POST", `/api/v1/runs/${runId}/cancel`);
    expect(await search("label=doomed:yes", 1)).toEqual([runId]);
    expect((await api.call("DELETE", `/api/v1/runs/${runId}`)).status).toBe(204);
    expect((await get(`/runs/${runId}`)).status).toBe(404);
    expect((await api.call("DELETE", `/api/v1/runs/${runId}`)).status).toBe(404);
    await search("label=doomed:yes", 0);
  });

  test("sub-runs go with their root, which alone can be deleted", async () => {
    const { runId } = await run({ flow: parentFlow, input: { x: 1 } });
    const [child] = await search(`parentRunId=${runId}`, 1);
    expect((await api.call("DELETE", `/api/v1/runs/${child}`)).status).toBe(409);
    expect((await api.call("DELETE", `/api/v1/runs/${runId}`)).status).toBe(204);
    expect((await get(`/runs/${child}`)).status).toBe(404);
    await search(`rootRunId=${runId}`, 0);
  });

  test("an idempotency key can be used again once its run is deleted, and the new run is found", async () => {
    const submit = (x: number) =>
      api.call(
        "POST",
        "/api/v1/runs",
        { flow: echoFlow, input: { x }, labels: { again: `${x}` }, wait: true },
        { "idempotency-key": "again" },
      );
    const first = await submit(1);
    await search("label=again:1", 1);
    expect((await api.call("DELETE", `/api/v1/runs/${first.body.runId}`)).status).toBe(204);
    const second = await submit(2);
    expect(second.body).toMatchObject({ runId: first.body.runId, status: "completed" });
    await search("label=again:2", 1);
    await search("label=again:1", 0);
  });
});

describe("the list", () => {
  test("finds runs by label, status, flow and time, newest first", async () => {
    const before = Date.now();
    const first = await run({ flow: echoFlow, input: { x: 1 }, labels: { list: "1", kind: "a:b" } });
    const second = await run({ flow: sleepingFlow, wait: false, labels: { list: "1" } });
    expect(await search("label=list:1", 2)).toEqual([second.runId, first.runId]);
    expect(await search("label=list:1&label=kind:a:b", 1)).toEqual([first.runId]);
    expect(await search("label=list:1&status=running", 1)).toEqual([second.runId]);
    expect(await search("label=list:1&flowName=echo", 1)).toEqual([first.runId]);
    expect(await search(`label=list:1&flow_id=${second.flowId}`, 1)).toEqual([second.runId]);
    expect(await search(`label=list:1&createdAfter=${new Date(before).toISOString()}`, 2)).toHaveLength(2);
    expect(await search(`label=list:1&createdBefore=${before}`, 0)).toEqual([]);
  });

  test("shows sub-runs when asked for those of a run", async () => {
    const { runId } = await run({ flow: parentFlow, input: { x: 1 } });
    const [child] = await search(`parentRunId=${runId}`, 1);
    expect(child).not.toBe(runId);
    expect(new Set(await search(`rootRunId=${runId}`, 2))).toEqual(new Set([runId, child]));
    expect((await get(`/runs/${child}`)).body).toMatchObject({
      rootRunId: runId,
      parentRunId: runId,
      flowName: "child",
    });
    expect((await get(`/runs/${child}/items`)).body.results).toMatchObject([{ result: { result: { x: 1 } } }]);
  });

  test("sees a run within a second of its start", async () => {
    const startedAt = Date.now();
    const { runId } = await run({ flow: sleepingFlow, wait: false, labels: { soon: "1" } });
    expect(await search("label=soon:1", 1)).toEqual([runId]);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  test("pages by cursor", async () => {
    for (const x of [1, 2, 3]) await run({ flow: echoFlow, input: { x }, labels: { page: "1" } });
    const all = await search("label=page:1", 3);
    const first = (await get("/runs?label=page:1&limit=2")).body;
    const second = (await get(`/runs?label=page:1&limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.runs, ...second.runs].map(({ runId }) => runId)).toEqual(all);
    expect(second).not.toHaveProperty("nextCursor");
  });

  test.each([
    ["limit=0", "?limit"],
    ["limit=ten", "?limit"],
    ["status=done", "?status"],
    ["cursor=abc", "?cursor"],
    ["label=team", "?label/0"],
    ["createdAfter=yesterday", "?createdAfter"],
    ["rootRunId=1", "?rootRunId"],
    ["rootsOnly=1", "?rootsOnly"],
    ["limit=1&limit=2", "?limit"],
  ])("refuses %s", async (query, pointer) => {
    const { status, body } = await get(`/runs?${query}`);
    expect(status).toBe(400);
    expect(body.error.details.faults).toMatchObject([{ pointer }]);
  });
});
