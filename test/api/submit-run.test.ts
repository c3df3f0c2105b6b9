import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const submit = (body: unknown, headers?: Record<string, string>) => api.call("POST", "/api/v1/runs", body, headers);
const pointers = (answer: { body: { error: { details: { faults: { pointer: string }[] } } } }) =>
  answer.body.error.details.faults.map((fault) => fault.pointer);

describe("what is run", () => {
  test("a flow in the body, waited for", async () => {
    const { status, headers, body } = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
    expect(status).toBe(200);
    expect(headers.get("location")).toBe(`/api/v1/runs/${body.runId}`);
    expect(body).toMatchObject({ flowName: "echo", status: "completed", outcome: "success", rootRunId: body.runId });
    expect(body.results).toMatchObject([
      { itemIndex: 0, status: "completed", result: { outcome: "success", result: { x: 1 } } },
    ]);
  });

  test("a stored flow by id and by name; without `wait` the answer is 202 and has no results", async () => {
    const { flowId } = (await api.call("POST", "/api/v1/flows", { flow: echoFlow })).body;
    for (const flow of [{ flowId }, { flowId: flowId.toUpperCase() }, { flowName: "echo" }]) {
      const { status, body } = await submit({ ...flow, input: { x: 1 } });
      expect(status).toBe(202);
      expect(body.flowId).toBe(flowId);
      expect(body).not.toHaveProperty("results");
    }
  });

  test("a raw document stored as a blob, in an older dialect, is pinned in its canonical form", async () => {
    const data = { name: "old", input_schema: { type: "object" }, steps: [], output: { $from: { workflow: "input" } } };
    const { blobId } = (await api.call("POST", "/api/v1/blobs", { data, blobType: "flow" })).body;
    const { status, body } = await submit({ flowId: blobId, input: { a: 1 }, wait: true });
    expect(status).toBe(200);
    expect(body.results[0].result).toEqual({ outcome: "success", result: { a: 1 } });
    expect(body.flowId).not.toBe(blobId);
    expect((await api.call("GET", `/api/v1/flows/${body.flowId}`)).status).toBe(200);
  });

  test("a flow too long to travel with the start", async () => {
    const flow = { ...echoFlow, metadata: { padding: "x".repeat(100_000) } };
    const { body } = await submit({ flow, input: { x: 1 }, wait: true });
    expect(body).toMatchObject({ status: "completed", outcome: "success" });
  });

  test.each([
    ["nothing", {}, ["/flow"]],
    ["two of them", { flowId: "a".repeat(64), flowName: "echo" }, ["/flowName"]],
  ])("is refused when the request names %s", async (_, body, expected) => {
    const answer = await submit(body);
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(expected);
  });

  test.each([
    ["an unknown id", { flowId: "0".repeat(64) }],
    ["an unknown name", { flowName: "nobody" }],
  ])("%s is a 404", async (_, body) => {
    expect((await submit(body)).status).toBe(404);
  });

  test("a flow with fatal diagnostics is refused with them", async () => {
    const { status, body } = await submit({ flow: { steps: [{ id: "a", component: "/x", input: { $step: "b" } }] } });
    expect(status).toBe(400);
    expect(body.error.details.diagnostics).toContainEqual(
      expect.objectContaining({ code: 3003, path: "$.steps[0].input" }),
    );
  });

  test("a blob that is no flow is refused", async () => {
    const { blobId } = (await api.call("POST", "/api/v1/blobs", { data: "text" })).body;
    const { status, body } = await submit({ flowId: blobId });
    expect(status).toBe(400);
    expect(body.error.message).toContain("is no flow");
  });
});

describe("its input", () => {
  test.each([
    ["an array is one item per element", { input: [{ x: 1 }, { x: 2 }] }, [{ x: 1 }, { x: 2 }]],
    ["`inputs` is the same", { inputs: [{ x: 1 }, { x: 2 }] }, [{ x: 1 }, { x: 2 }]],
    ["an object is one item", { input: { x: 3 } }, [{ x: 3 }]],
    ["an empty array is no item", { input: [] }, []],
  ])("%s", async (_, input, expected) => {
    const { body } = await submit({ flow: echoFlow, ...input, wait: true });
    expect(body.status).toBe("completed");
    expect(body.results.map((item: { result: { result: unknown } }) => item.result.result)).toEqual(expected);
  });

  test.each([
    ["nothing is one item {}", {}, {}],
    ["null is one item", { input: null }, null],
    ["a text is one item", { input: "x" }, "x"],
  ])("%s", async (_, input, expected) => {
    const { body } = await submit({ flow: { name: "id", output: { $input: "$" } }, ...input, wait: true });
    expect(body.results[0].result.result).toEqual(expected);
  });

  test.each([
    ["in an array", { input: [{ x: 1 }, { x: "one" }, {}] }, ["/input/1/x", "/input/2"]],
    ["in `inputs`", { inputs: [{ x: "one" }] }, ["/inputs/0/x"]],
    ["as one item", { input: { x: "one" } }, ["/input/x"]],
  ])("what the flow's schema refuses %s starts nothing, with a pointer to each fault", async (_, input, expected) => {
    const key = `schema-${JSON.stringify(input)}`;
    const answer = await submit({ flow: echoFlow, ...input }, { "idempotency-key": key });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(expected);
    const valid = await submit({ flow: echoFlow, input: { x: 1 } }, { "idempotency-key": key });
    expect(valid.status).toBe(202);
  });

  test("a blob reference passes any schema", async () => {
    const { blobId } = (await api.call("POST", "/api/v1/blobs", { data: 5 })).body;
    expect((await submit({ flow: echoFlow, input: { x: { $blob: blobId } } })).status).toBe(202);
  });

  test("a schema that cannot be used is told apart from a wrong input", async () => {
    const flow = { ...echoFlow, schemas: { properties: { input: { $ref: "https://example.com/none" } } } };
    const { status, body } = await submit({ flow, input: {} });
    expect(status).toBe(400);
    expect(body.error.message).toContain("input schema cannot be used");
  });
});

describe("an idempotency key", () => {
  test("gives the same run for the same request, however long each waits", async () => {
    const request = { flow: sleepingFlow, input: { a: 1 } };
    const first = await submit(request, { "idempotency-key": "same" });
    const second = await submit({ ...request, wait: true, timeoutSecs: 0 }, { "idempotency-key": "same" });
    const third = await submit(request, { "idempotency-key": "same" });
    expect([first.status, second.status, third.status]).toEqual([202, 200, 200]);
    expect(second.body.runId).toBe(first.body.runId);
    expect(third.body.runId).toBe(first.body.runId);
  });

  test("used with another request is a conflict", async () => {
    await submit({ flow: echoFlow, input: { x: 1 } }, { "idempotency-key": "other" });
    const { status, body } = await submit({ flow: echoFlow, input: { x: 2 } }, { "idempotency-key": "other" });
    expect(status).toBe(409);
    expect(body.error.status).toBe("CONFLICT");
  });

  test("of ten requests at once starts one run", async () => {
    const request = { flow: echoFlow, input: { x: 1 } };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => submit(request, { "idempotency-key": "crowd" })),
    );
    expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  });

  test("is refused when it is too long", async () => {
    const answer = await submit({ flow: echoFlow, input: { x: 1 } }, { "idempotency-key": "k".repeat(256) });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual(["idempotency-key"]);
  });
});

describe("the request", () => {
  test("takes snake_case, and names unknown fields in warnings", async () => {
    const { status, body } = await submit({
      flow: sleepingFlow,
      input: {},
      wait: true,
      timeout_secs: 0,
      max_concurrency: 3,
      flow_idd: "x",
    });
    expect(status).toBe(200);
    expect(body.warnings).toEqual([{ pointer: "/flow_idd", message: 'Unknown and ignored; did you mean "flowId"?' }]);
  });

  test("a field given in both spellings is refused", async () => {
    expect(pointers(await submit({ flow: echoFlow, timeout_secs: 1, timeoutSecs: 2 }))).toEqual(["/timeoutSecs"]);
  });

  test("gets a pointer for each wrong type", async () => {
    const answer = await submit({
      flow: [],
      maxConcurrency: "10",
      labels: { team: 5 },
      files: { "a/b": "x" },
      wait: "yes",
      variables: null,
    });
    expect(answer.status).toBe(400);
    expect(pointers(answer).sort()).toEqual([
      "/files/a~1b",
      "/flow",
      "/labels/team",
      "/maxConcurrency",
      "/variables",
      "/wait",
    ]);
  });

  test("an override of an unknown step starts nothing", async () => {
    const { status, body } = await submit({
      flow: echoFlow,
      input: { x: 1 },
      overrides: { steps: { nope: { value: {} } } },
    });
    expect(status).toBe(400);
    expect(body.error.message).toContain("nope");
  });

  test("`wait` ends after timeoutSecs with the run as it is", async () => {
    const { status, body } = await submit({ flow: sleepingFlow, wait: true, timeoutSecs: 0.05 });
    expect(status).toBe(200);
    expect(body.status).toBe("running");
  });
});

describe("tolerated failures", () => {
  const flow = { output: { $input: "x" } };

  test("RUN-171 end a batch as soon as one more has failed; what was not run is cancelled", async () => {
    const input = [{ x: 1 }, {}, {}, { x: 4 }];
    const { status, body } = await submit({ flow, input, toleratedFailures: { percentage: 25 }, wait: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "failed",
      outcome: "failed",
      items: { total: 4, completed: 1, failed: 2, cancelled: 1, running: 0 },
    });
    expect(body.results.map((item: { status: string }) => item.status)).toEqual([
      "completed",
      "failed",
      "failed",
      "cancelled",
    ]);
  });

  test.each([
    [{}, "/toleratedFailures"],
    [{ count: -1 }, "/toleratedFailures/count"],
    [{ percentage: 101 }, "/toleratedFailures/percentage"],
  ])("%j is refused", async (toleratedFailures, pointer) => {
    const answer = await submit({ flow, input: [{ x: 1 }], toleratedFailures });
    expect(answer.status).toBe(400);
    expect(pointers(answer)).toEqual([pointer]);
  });
});
