/** Unmodified releases of stepflow-py against the orchestrator: their workers, and the client of the newest of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { conformanceIsAbsent, expectConformance } from "../conformance/conformance-flows.ts";
import { folderWith } from "../support/stepflow-cli.ts";
import { type PythonEnvironment, pythonEnvironments } from "./python-environment.ts";
import { PythonOrchestrator } from "./python-orchestrator.ts";
import { PythonWorker, runPython } from "./python-worker.ts";

const [newest, previous, oldest] = (await pythonEnvironments(["0.11.2", "0.9.2", "0.7.0"])) as [
  PythonEnvironment,
  PythonEnvironment,
  PythonEnvironment,
];
const UNKNOWN_BLOB = "0".repeat(64);
const doubleFlow = {
  name: "double",
  steps: [{ id: "double", component: "/python/double", input: { n: { $input: "n" } } }],
  output: { $step: "double" },
};

const ok = (result: unknown) => ({ outcome: "success", result });
const failed = (code: string, message: string) => ({
  outcome: "failed",
  error: expect.objectContaining({ code, message: expect.stringContaining(message) }),
});

/** What single tests have started, in the order in which it is stopped. */
const stops: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const started of stops.splice(0)) await started.stop();
});

describe.each([
  { release: "0.11.2", route: "/python/{*component}", environment: newest },
  { release: "0.9.2", route: "/python", environment: previous },
  { release: "0.7.0", route: "/python/{component}", environment: oldest },
])("a worker of stepflow-py $release", ({ route, environment }) => {
  describe.skipIf(environment.kind === "absent")(`at ${route}${skipNote(environment)}`, () => {
    let worker: PythonWorker;
    let orchestrator: PythonOrchestrator;
    beforeAll(async () => {
      worker = await PythonWorker.start(pythonOf(environment), "components.py");
      orchestrator = await PythonOrchestrator.start(route, worker.url);
    });
    afterAll(async () => {
      await orchestrator?.stop();
      await worker?.stop();
    });
    const storeFlow = async () => (await orchestrator.post<{ flowId: string }>("/flows", { flow: doubleFlow })).flowId;

    test("computes, and refuses what it is given as COMPONENT_FAILED", async () => {
      expect(await orchestrator.result("double", { n: 4 })).toEqual(ok({ doubled: 8 }));
      const refused = failed("COMPONENT_FAILED", "Expected `int`, got `str` - at `$.n`");
      expect(await orchestrator.result("double", { n: "four" })).toEqual(refused);
    });

    test("fails, and is asked again only where the flow says so", async () => {
      expect(await orchestrator.result("fail", { message: "boom" })).toEqual(failed("COMPONENT_FAILED", "boom"));
      const useDefault = { action: "useDefault", defaultValue: 7 };
      expect(await orchestrator.result("fail", { message: "boom" }, useDefault)).toEqual(ok(7));
      const retry = (maxRetries: number) => ({ action: "retry", maxRetries });
      expect(await orchestrator.result("third_time_lucky", {})).toEqual(failed("COMPONENT_FAILED", "attempt 1"));
      expect(await orchestrator.result("third_time_lucky", {}, retry(1))).toEqual(
        failed("COMPONENT_FAILED", "attempt 2"),
      );
      expect(await orchestrator.result("third_time_lucky", {}, retry(2))).toEqual(ok({ attempt: 3 }));
    });

    test("says what it does not know, and lists what it does", async () => {
      expect(await orchestrator.result("nonsense", {})).toEqual(failed("COMPONENT_NOT_FOUND", "/nonsense"));
      const { components, failedPlugins } = await orchestrator.get<{
        components: { path: string }[];
        failedPlugins: [];
      }>("/components");
      expect(failedPlugins).toEqual([]);
      expect(components.map(({ path }) => path)).toEqual(
        expect.arrayContaining(["/python/double", "/python/remember", "/python/run_flow", "/python/udf"]),
      );
    });

    test("says that a blob is missing, but not under which secret address it looked", async () => {
      const result = await orchestrator.result("read", { blob_id: UNKNOWN_BLOB });
      expect(result).toEqual(failed("COMPONENT_FAILED", UNKNOWN_BLOB));
      expect(JSON.stringify(result)).not.toContain("/worker/");
    });

    test("keeps blobs", async () => {
      const data = { b: 1, a: [1, 2.5, "ü", null, { "10": true, "9": false }] };
      const result = await orchestrator.result("remember", data);
      expect(result).toEqual(ok({ blob_id: expect.stringMatching(/^[0-9a-f]{64}$/), back: data }));
      const { blob_id } = (result as { result: { blob_id: string } }).result;
      expect(await orchestrator.get(`/blobs/${blob_id}`)).toMatchObject({ data, blobType: "data" });
    });

    test("carries large values both ways", async () => {
      const data = { text: "ü".repeat(500_000) };
      const result = await orchestrator.result("remember", data);
      expect(result).toMatchObject({ outcome: "success" });
      expect((result as { result: { back: object } }).result.back).toEqual(data);
    });

    test("runs user-defined functions from blobs", async () => {
      const code = "input['n'] + 1";
      const input_schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
      const { blobId } = await orchestrator.post<{ blobId: string }>("/blobs", { data: { code, input_schema } });
      expect(await orchestrator.result("udf", { blob_id: blobId, input: { n: 4 } })).toEqual(ok(5));
      const absent = failed("COMPONENT_FAILED", `Failed to retrieve blob ${UNKNOWN_BLOB}`);
      expect(await orchestrator.result("udf", { blob_id: UNKNOWN_BLOB, input: {} })).toEqual(absent);
    });

    test("runs flows, on its own components", async () => {
      const flow_id = await storeFlow();
      const run = await orchestrator.run("run_flow", { flow_id, input: { n: 3 } });
      expect(run.results[0].result).toEqual(ok({ result: { doubled: 6 } }));
      const inputs = Array.from({ length: 20 }, (_, n) => ({ n }));
      const results = inputs.map(({ n }) => ({ doubled: n * 2 }));
      expect(await orchestrator.result("run_flow_for_all", { flow_id, inputs })).toEqual(ok({ results }));
      expect(await orchestrator.result("run_flow_for_all", { flow_id, inputs: [] })).toEqual(ok({ results: [] }));
      await expect
        .poll(async () => (await orchestrator.get<{ runs: object[] }>(`/runs?parentRunId=${run.runId}`)).runs, {
          timeout: 5_000,
        })
        .toEqual([expect.objectContaining({ flowId: flow_id, flowName: "double", rootRunId: expect.any(String) })]);
    });

    test("runs flows from several steps and items at once, each its own", async () => {
      const flow_id = await storeFlow();
      const step = (id: string, n: string) => ({
        id,
        component: "/python/run_flow",
        input: { flow_id, input: { n: { $input: n } } },
      });
      const flow = { name: "both", steps: [step("a", "a"), step("b", "b")], output: [{ $step: "a" }, { $step: "b" }] };
      const input = [1, 10, 100].map((n) => ({ a: n, b: n + 1 }));
      const { results } = await orchestrator.post<{ results: object[] }>("/runs", { flow, input, wait: true });
      const doubled = (n: number) => ({ result: { doubled: n * 2 } });
      expect(results).toMatchObject(input.map(({ a, b }) => ({ result: ok([doubled(a), doubled(b)]) })));
    });

    test("is greeted again after a restart: it has forgotten where blobs are", async () => {
      await worker.stop();
      worker = await PythonWorker.start(pythonOf(environment), "components.py", worker.port);
      expect(await orchestrator.result("remember", { again: true })).toMatchObject(ok({ back: { again: true } }));
    });

    test("learns why a flow that it runs fails", async () => {
      const flow_id = await storeFlow();
      const why = "Expected `int`, got `str` - at `$.n`";
      expect(await orchestrator.result("run_flow", { flow_id, input: { n: "x" } })).toEqual(
        failed("COMPONENT_FAILED", why),
      );
      const caught = (message: string) => ok({ caught: expect.stringContaining(message) });
      expect(await orchestrator.result("recover", { flow_id, input: { n: "x" } })).toEqual(caught(why));
      const unknown = { flow_id: UNKNOWN_BLOB, input: {} };
      expect(await orchestrator.result("recover", unknown)).toEqual(caught(`there is no flow ${UNKNOWN_BLOB}`));
    });
  });
});

describe.skipIf(newest.kind === "absent")(`the client of stepflow-py 0.11.2${skipNote(newest)}`, () => {
  test("stores flows, runs them, submits them, waits and reads items at /compat/0.11", async () => {
    const worker = await PythonWorker.start(pythonOf(newest), "components.py");
    const orchestrator = await PythonOrchestrator.start("/python", worker.url);
    stops.push(orchestrator, worker);
    const client = runPython(pythonOf(newest), "client.py", `${orchestrator.url}/compat/0.11`);
    const [printed, faults] = await Promise.all([text(client.stdout!), text(client.stderr!)]);
    expect(faults).toBe("");
    const item = (index: number, doubled: number) => ({ index, status: "completed", result: ok({ doubled }) });
    const error = { code: -32_100, message: expect.stringContaining("Expected `int`"), data: {} };
    expect(JSON.parse(printed)).toEqual({
      healthy: true,
      stored: true,
      warnings: ["unvalidatedFieldAccess"],
      dry: false,
      done: { status: "completed", results: [item(0, 2), item(1, 4)] },
      submitted: "running",
      details: {
        status: "completed",
        items: { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0 },
        flow: "double",
      },
      items: [item(0, 6)],
      failed: {
        status: "failed",
        items: [item(0, 8), { index: 1, status: "failed", result: { outcome: "failed", error } }],
      },
    });
  });
});

const loopsAreAbsent = newest.kind === "absent" ? newest.reason : conformanceIsAbsent;
describe.skipIf(loopsAreAbsent !== undefined)(
  `loops written in Python${loopsAreAbsent ? ` (skipped: ${loopsAreAbsent})` : ""}`,
  () => {
    test("pass the reference's cases", async () => {
      const worker = await PythonWorker.start(pythonOf(newest), "loop_components.py");
      stops.push(worker);
      const config = {
        plugins: { builtin: { type: "builtin" }, python: { type: "http", url: worker.url } },
        routes: { "/builtin": [{ plugin: "builtin" }], "/python": [{ plugin: "python" }] },
      };
      const folder = await folderWith({ "stepflow-config.yml": JSON.stringify(config) });
      await expectConformance(["examples/loop-components"], join(folder, "stepflow-config.yml"));
    });
  },
);

describe.skipIf(newest.kind === "absent")(`the Python worker of the README${skipNote(newest)}`, () => {
  test("runs as it stands there, but for the port", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const [, program = ""] = /```python\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(program).toContain("port=8765");
    const folder = await folderWith({ "worker.py": program.replace("port=8765", "port=0") });
    const worker = await PythonWorker.start(pythonOf(newest), join(folder, "worker.py"));
    const orchestrator = await PythonOrchestrator.start("/python/{*component}", worker.url);
    stops.push(orchestrator, worker);
    const keptAs = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(await orchestrator.result("shout", { text: "hi" })).toEqual(ok({ text: "HI!", kept_as: keptAs }));
  });
});

function pythonOf(environment: PythonEnvironment): string {
  if (environment.kind === "absent") throw new Error(environment.reason);
  return environment.python;
}

/** Why a suite is skipped, for its title. */
function skipNote(environment: PythonEnvironment): string {
  return environment.kind === "absent" ? ` (skipped: ${environment.reason})` : "";
}
