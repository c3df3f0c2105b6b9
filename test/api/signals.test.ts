/** Runs that wait for signals, over real HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let orchestrator: LocalOrchestrator;
beforeAll(async () => {
  orchestrator = await startOrchestrator({ STEPFLOW_SECRET: "a secret of this test" });
});
afterAll(() => orchestrator.dispose());

function waiting(input: object, foreach?: object) {
  return {
    steps: [{ id: "w", component: "/builtin/wait_for_event", input, ...(foreach && { foreach }) }],
    output: { $step: "w" },
  };
}

async function started(flow: object, input: unknown = {}): Promise<string> {
  return (await orchestrator.call("POST", "/api/v1/runs", { flow, input })).body.runId;
}

function signal(runId: string, name: string, body: object, headers: Record<string, string> = {}) {
  return orchestrator.call("POST", `/api/v1/runs/${runId}/signals/${encodeURIComponent(name)}`, body, headers);
}

async function result(runId: string) {
  await orchestrator.call("GET", `/api/v1/runs/${runId}?wait=true&timeoutSecs=10`);
  return (await orchestrator.call("GET", `/api/v1/runs/${runId}/items`)).body.results[0].result;
}

const schema = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };

describe("signals", () => {
  test("RUN-92 each goes to one of the steps that wait; what they wait for is listed, and shown in records and events", async () => {
    const runId = await started(waiting({ name: { $item: "$" }, timeout: "30d" }, { $input: "$" }), [
      ["paid: €", "a/b"],
    ]);
    const { body } = await orchestrator.call("GET", `/api/v1/runs/${runId}/waits?limit=1`);
    expect(body).toMatchObject({
      waits: [{ kind: "signal", runId, stepId: "w", itemIndex: 0, elementIndex: 0, name: "paid: €" }],
      nextCursor: "1",
    });
    expect(Date.parse(body.waits[0].until) - Date.parse(body.waits[0].since)).toBe(30 * 86_400_000);
    expect((await signal(runId, "a/b", { payload: 2 })).body).toEqual({ accepted: true });
    expect((await signal(runId, "paid: €", {})).body).toEqual({ accepted: true });
    expect(await result(runId)).toEqual({ outcome: "success", result: [null, 2] });
    expect((await orchestrator.call("GET", `/api/v1/runs/${runId}/waits`)).body).toEqual({ waits: [] });
    const events = await (await orchestrator.request(`/api/v1/runs/${runId}/events?includeResults=true`)).text();
    expect(events).toMatch(/"type":"step_waiting".*"until":"[^"]+","awaits":"a\/b"/);
    expect(events).toMatch(/"type":"signal_received".*"name":"a\/b","payload":2/);
  });

  test("RUN-90 a step record tells what its step waits for", async () => {
    const runId = await started(waiting({ name: "go" }));
    const steps = () => orchestrator.call("GET", `/api/v1/runs/${runId}/steps`);
    expect((await steps()).body.steps).toMatchObject([{ stepId: "w", status: "running", awaits: "go" }]);
    await signal(runId, "go", { payload: 1 });
    expect(await result(runId)).toEqual({ outcome: "success", result: 1 });
    expect((await steps()).body.steps[0]).not.toHaveProperty("awaits");
  });

  test("RUN-94 the same id, in the body or as the idempotency key, is taken once, also after the end", async () => {
    const runId = await started(waiting({ name: "x" }, { $input: "$" }), [[1, 2]]);
    expect((await signal(runId, "x", { payload: "a", id: "1" })).body).toEqual({ accepted: true });
    const again = await signal(runId, "x", { payload: "a" }, { "idempotency-key": "1" });
    expect([again.status, again.body]).toEqual([200, { accepted: true, duplicate: true }]);
    await signal(runId, "x", { payload: "b" }, { "idempotency-key": "2" });
    expect(await result(runId)).toEqual({ outcome: "success", result: ["a", "b"] });
    expect((await signal(runId, "x", { id: "2" })).body).toEqual({ accepted: true, duplicate: true });
    const late = await signal(runId, "x", { id: "3" });
    expect([late.status, late.body.error]).toMatchObject([
      409,
      { status: "FAILED_PRECONDITION", message: expect.stringContaining("it has ended (completed)") },
    ]);
  });

  test("RUN-95 a payload that fits no waiting step is refused with pointers and not kept", async () => {
    const runId = await started(waiting({ name: "paid", schema: { $literal: schema } }));
    const refused = await signal(runId, "paid", { payload: { amount: "much" }, id: "1" });
    expect([refused.status, refused.body.error]).toMatchObject([
      400,
      {
        message: expect.stringContaining('step that waits for "paid"'),
        details: { faults: [{ pointer: "/payload/amount" }] },
      },
    ]);
    expect((await signal(runId, "paid", { payload: { amount: 3 }, id: "1" })).body).toEqual({ accepted: true });
    expect(await result(runId)).toEqual({ outcome: "success", result: { amount: 3 } });
  });

  test("RUN-93 an early one is kept; a large payload lies in the blob store and reads the same", async () => {
    const flow = {
      steps: [
        { id: "first", component: "/builtin/wait_for_event", input: { name: "first" } },
        {
          id: "w",
          component: "/builtin/wait_for_event",
          input: { name: "big", schema: { $literal: { type: "string" } }, after: { $step: "first" } },
        },
      ],
      output: { $step: "w" },
    };
    const runId = await started(flow);
    const payload = "x".repeat(700_000);
    expect((await signal(runId, "big", { payload })).status).toBe(200);
    await signal(runId, "first", {});
    expect(await result(runId)).toEqual({ outcome: "success", result: payload });
  });

  test("RUN-95 bad requests and unknown runs are told", async () => {
    const runId = await started(waiting({ name: "x" }));
    const nowhere = await signal("019a9d2c-6f00-7cc3-98c4-dc0c0c000000", "x", {});
    expect(nowhere.status).toBe(404);
    expect((await signal(runId, "n".repeat(257), {})).body.error.details.faults[0].pointer).toMatch(/name/);
    expect((await signal(runId, "x", { id: "" })).body.error.details.faults).toMatchObject([{ pointer: "/id" }]);
    await orchestrator.call("POST", `/api/v1/runs/${runId}/cancel`, {});
    expect((await signal(runId, "x", {})).body.error.message).toContain("it was cancelled");
  });
});
