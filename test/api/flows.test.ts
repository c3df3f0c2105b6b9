import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const get = (path: string) => api.call("GET", `/api/v1${path}`);
const store = (body: unknown) => api.call("POST", "/api/v1/flows", body);
const storeYaml = (text: string, query = "") =>
  api.call("POST", `/api/v1/flows${query}`, text, { "content-type": "application/yaml" });
const named = (name: string) => ({ ...echoFlow, name });

describe("storing", () => {
  test("gives the hash of the canonical document, the same each time, with diagnostics", async () => {
    const { status, headers, body } = await store({
      flow: { steps: echoFlow.steps, name: "echo", output: { $step: "echo" } },
    });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/api/v1/flows/${body.flowId}`);
    expect(body).toMatchObject({ stored: true, diagnostics: { numFatal: 0, numError: 0 } });
    expect(body.diagnostics.numWarning).toBe(body.diagnostics.diagnostics.length);
    const again = await store({ flow: { name: "echo", steps: echoFlow.steps, output: { $step: "echo" } } });
    expect(again.body.flowId).toBe(body.flowId);
  });

  test("YAML as it is: diagnostics have lines", async () => {
    const text =
      "name: yaml\nsteps:\n  - id: a\n    component: /builtin/noop\n    input: { $step: b }\noutput: { $step: a }\n";
    const refused = await storeYaml(text);
    expect(refused.status).toBe(200);
    expect(refused.body).toMatchObject({ stored: false, diagnostics: { numFatal: 1 } });
    expect((await get(`/flows/${refused.body.flowId}`)).status).toBe(404);
    expect(refused.body.diagnostics.diagnostics).toContainEqual(expect.objectContaining({ code: 3003, line: 5 }));
    expect((await storeYaml(text.replace("$step: b", "v: 1"))).status).toBe(201);
  });

  test.each([
    ["no YAML", "name: x\nsteps: [\n", 3],
    ["no flow", "- a\n- b\n", 1],
  ])("text that is %s is refused with the place of the fault", async (_, text, line) => {
    const { status, body } = await storeYaml(text);
    expect(status).toBe(400);
    expect(body.error.message).toContain(`line ${line}`);
    expect(body.error.details.diagnostics[0]).toMatchObject({ level: "fatal", line });
  });

  test.each([
    ["in the body", () => store({ flow: named("dry"), dryRun: true })],
    ["in the query", () => storeYaml("name: dry\n", "?dryRun=true")],
  ])("not with dryRun %s", async (_, dryRun) => {
    const { status, body } = await dryRun();
    expect(status).toBe(200);
    expect(body.stored).toBe(false);
    expect((await get(`/flows/${body.flowId}`)).status).toBe(404);
    expect((await get("/flows?name=dry")).body.flows).toEqual([]);
  });

  test("a document without its envelope is told how to be sent", async () => {
    const { status, body } = await store(echoFlow);
    expect(status).toBe(400);
    expect(body.error.message).toContain("application/yaml");
  });
});

describe("reading", () => {
  test("the canonical document and its examples", async () => {
    const flow = {
      ...echoFlow,
      examples: [{ name: "one", input: { x: 1 } }],
      test: {
        cases: [
          { name: "one", input: { x: 9 } },
          { name: "two", input: { x: 2 } },
        ],
      },
    };
    const { flowId } = (await store({ flow })).body;
    const { body } = await get(`/flows/${flowId}`);
    expect(body.flowId).toBe(flowId);
    expect(body.flow).toMatchObject({ name: "echo", steps: [{ id: "echo", component: "/builtin/noop" }] });
    expect(body.allExamples).toEqual([
      { name: "one", input: { x: 1 } },
      { name: "two", input: { x: 2 } },
    ]);
  });

  test("its variables", async () => {
    const variables = {
      type: "object",
      properties: { key: { type: "string", description: "A key", env_var: "KEY" }, n: { type: "integer", default: 3 } },
      required: ["key"],
    };
    const { flowId } = (await store({ flow: { name: "v", schemas: { properties: { variables } } } })).body;
    expect((await get(`/flows/${flowId}/variables`)).body).toMatchObject({
      flowId,
      variables: {
        key: { required: true, envVar: "KEY", description: "A key" },
        n: { required: false, defaultValue: 3 },
      },
    });
  });

  test.each(["", "/variables"])(
    "an unknown flow is a 404, a malformed id and a blob that is no flow a 400: %s",
    async (suffix) => {
      expect((await get(`/flows/${"0".repeat(64)}${suffix}`)).status).toBe(404);
      expect((await get(`/flows/nonsense${suffix}`)).status).toBe(400);
      const { blobId } = (await api.call("POST", "/api/v1/blobs", { data: [1] })).body;
      expect((await get(`/flows/${blobId}${suffix}`)).status).toBe(400);
    },
  );
});

describe("names", () => {
  test("the list has all versions newest first, or the newest of each name", async () => {
    const ids: string[] = [];
    for (const description of ["first", "second"]) {
      ids.push((await store({ flow: { ...named("listed"), description } })).body.flowId);
    }
    expect((await get("/flows?name=listed")).body.flows.map((flow: { flowId: string }) => flow.flowId)).toEqual(
      ids.toReversed(),
    );
    const { flows } = (await get("/flows?name=listed&latestOnly=true")).body;
    expect(flows).toMatchObject([{ flowId: ids[1], name: "listed", description: "second" }]);
    const first = (await get("/flows?name=listed&limit=1")).body;
    const second = (await get(`/flows?name=listed&limit=1&cursor=${first.nextCursor}`)).body;
    expect(second.flows).toMatchObject([{ flowId: ids[0] }]);
  });

  test("a flow can be stored under another name than its own", async () => {
    const { flowId } = (await store({ flow: named("own"), name: "other" })).body;
    const run = await api.call("POST", "/api/v1/runs", { flowName: "other", input: { x: 1 } });
    expect(run.body).toMatchObject({ flowId, flowName: "own" });
  });
});

describe("deleting", () => {
  test("is for real, and runs that execute it go on", async () => {
    const { flowId } = (await store({ flow: { ...sleepingFlow, name: "doomed" } })).body;
    const { runId } = (await api.call("POST", "/api/v1/runs", { flowId })).body;
    expect((await api.call("DELETE", `/api/v1/flows/${flowId}`)).status).toBe(204);
    expect((await get(`/flows/${flowId}`)).status).toBe(404);
    expect((await api.call("DELETE", `/api/v1/flows/${flowId}`)).status).toBe(404);
    expect((await api.call("POST", "/api/v1/runs", { flowId })).status).toBe(404);
    expect((await api.call("POST", "/api/v1/runs", { flowName: "doomed" })).status).toBe(404);
    expect((await get(`/runs/${runId}/flow`)).body.flow.name).toBe("doomed");
    expect((await get(`/runs/${runId}`)).body.status).toBe("running");
  });

  test("is not for other blobs", async () => {
    const { blobId } = (await api.call("POST", "/api/v1/blobs", { data: "kept" })).body;
    expect((await api.call("DELETE", `/api/v1/flows/${blobId}`)).status).toBe(404);
    expect((await get(`/blobs/${blobId}`)).status).toBe(200);
  });
});
