/** What a worker asks while it executes, answered by real runs and R2: every method of every dialect. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { newRootRunId, rootOf } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const DOUBLED = {
  name: "twice",
  metadata: { owner: "us" },
  steps: [{ id: "s", component: "/builtin/noop", input: { $input: "$" }, metadata: { color: "red" } }],
  output: { v: { $step: "s" } },
};
const FAILING = { steps: [{ id: "s", component: "/w/fail", input: { message: "no" } }], output: { $step: "s" } };
const SKIPPED = { steps: [{ id: "s", component: "/builtin/noop", skip: true }], output: { $step: "s" } };

interface Callback {
  readonly method: string;
  readonly params: JsonObject;
}
interface Answer {
  readonly result?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string };
}

function runs(runId: RunId): RunObjectApi {
  return env.RUNS.getByName(`${namespace}/${rootOf(runId)}`) as unknown as RunObjectApi;
}

async function start(
  input: Json,
  flow = "steps: [{ id: a, component: /w/ask, input: { $input: $ } }]\noutput: { $step: a }",
  allowComponents: readonly string[] = ["/**"],
) {
  const parsed = parseFlow(flow, { format: "yaml" });
  if (!parsed.flow) throw new Error(JSON.stringify(parsed.diagnostics));
  const text = canonicalFlowText(parsed.flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  const reply = await runs(runId).start({
    namespace,
    runId,
    flowId: flowIdOf(text),
    flowText: text,
    submission: { inputs: [input] },
    allowComponents: [allowComponents],
    waitMs: 10_000,
  });
  if (!reply.ok) throw new Error(JSON.stringify(reply.fault));
  return { runId, result: reply.value.results?.[0]?.result, summary: reply.value.summary };
}

/** The answers that one component execution got to its callbacks. */
async function ask(
  ...calls: readonly Callback[]
): Promise<{ readonly runId: RunId; readonly answers: readonly Answer[] }> {
  const { result, runId } = await start({ calls: calls as unknown as Json });
  if (result?.outcome !== "success") throw new Error(JSON.stringify(result));
  return { runId, answers: result.result as unknown as readonly Answer[] };
}

async function storeFlow(document: Json): Promise<string> {
  const { answers } = await ask({
    method: "blobs/put",
    params: { data: document, blob_type: "flow", observability: null },
  });
  return textOf(answers[0]?.result?.["blob_id"]);
}

/** The first request makes the runtime load the Worker: seconds on a busy machine. */
beforeAll(() => ask(), 60_000);

const submit = (flowId: string, inputs: readonly Json[], more: JsonObject = {}): Callback => ({
  method: "runs/submit",
  params: {
    flowId,
    inputs: [...inputs],
    wait: true,
    maxConcurrency: null,
    overrides: null,
    observability: null,
    ...more,
  },
});

describe("blobs", () => {
  it("are put and got, with the id that the content has", async () => {
    const data = { message: "Hello, blobs!", number: 42, nested: { array: [1, 2, 3], boolean: true } };
    const { answers } = await ask({ method: "blobs/put", params: { data, blob_type: "data", observability: null } });
    const id = "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0";
    expect(answers).toEqual([{ result: { blob_id: id } }]);
    const got = await ask(
      { method: "blobs/get", params: { blob_id: id } },
      { method: "get_blob", params: { blob_id: id } },
    );
    expect(got.answers).toEqual(Array.from({ length: 2 }, () => ({ result: { data, blob_type: "data" } })));
  });

  it("null is a value; a blob that is missing is not found; params that are wrong are named", async () => {
    const { answers } = await ask(
      { method: "blobs/put", params: { data: null } },
      { method: "blobs/get", params: { blob_id: "0".repeat(64) } },
      { method: "blobs/get", params: { blob_id: 7 } },
      { method: "blobs/put", params: {} },
      { method: "blobs/eat", params: {} },
    );
    expect(answers[0]).toEqual({ result: { blob_id: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(answers.slice(1).map(({ error }) => error)).toMatchObject([
      { code: -32_005, message: expect.stringContaining("no blob 0000") },
      { code: -32_602, message: expect.stringContaining("blob_id") },
      { code: -32_602, message: expect.stringContaining("data: is missing") },
      { code: -32_601, message: expect.stringContaining("'blobs/eat'") },
    ]);
  });
});

describe("runs (D2, D3)", () => {
  it("ALLOW-4 are bound to what the run of the worker's step may name", async () => {
    const flowId = await storeFlow(DOUBLED);
    const input = { calls: [submit(flowId, [1]) as unknown as Json] };
    const { result } = await start(input, undefined, ["/w/*"]);
    if (result?.outcome !== "success") throw new Error(JSON.stringify(result));
    const [answer] = result.result as unknown as readonly Answer[];
    expect(answer?.error?.message).toContain(
      "the component '/builtin/noop' is not among those allowed to this run: /w/*",
    );
  });

  it("submit and wait: exactly the fields that old decoders take, no nulls", async () => {
    const flowId = await storeFlow(DOUBLED);
    const { runId, answers } = await ask(
      submit(flowId, [{ a: 1 }], { subflowKey: "5f6ae737-a5bd-5437-94ca-ce5a13846fda" }),
    );
    const status = answers[0]?.result;
    expect(status).toEqual({
      runId: expect.any(String),
      flowId: expect.stringMatching(/^[0-9a-f]{64}$/),
      flowName: "twice",
      status: "completed",
      items: { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0 },
      createdAt: expect.any(String),
      completedAt: expect.any(String),
      results: [
        {
          itemIndex: 0,
          status: "completed",
          result: { outcome: "success", result: { v: { a: 1 } } },
          completedAt: expect.any(String),
        },
      ],
    });
    const childId = textOf(status?.["runId"]) as RunId;
    expect(await runs(childId).summary(childId)).toMatchObject({
      ok: true,
      value: { parentRunId: runId, rootRunId: runId },
    });
    const events = await runs(runId).events(runId, {
      since: 0,
      limit: 100,
      includeResults: false,
      includeSubRuns: true,
    });
    expect(events).toMatchObject({
      value: { events: expect.arrayContaining([expect.objectContaining({ type: "sub_run_created", runId: childId })]) },
    });
  });

  it("submit without waiting answers without results, and get waits for them", async () => {
    const flowId = await storeFlow(DOUBLED);
    const first = await ask(submit(flowId, [1, 2], { wait: false, subflowKey: "k" }));
    const status = first.answers[0]?.result;
    expect(status).not.toHaveProperty("results");
    const { answers } = await ask({
      method: "runs/get",
      params: {
        runId: status?.["runId"] ?? "",
        wait: true,
        includeResults: true,
        resultOrder: "by_index",
        observability: null,
      },
    });
    expect(answers[0]?.result).toMatchObject({
      status: "completed",
      results: [{ result: { result: { v: 1 } } }, { result: { result: { v: 2 } } }],
    });
  });

  it("failed and skipped items are failed, with the integer codes these workers know", async () => {
    const { answers } = await ask(submit(await storeFlow(FAILING), [1]), submit(await storeFlow(SKIPPED), [1]));
    expect(answers.map(({ result }) => result)).toMatchObject([
      {
        status: "failed",
        items: { failed: 1 },
        results: [
          { result: { outcome: "failed", error: { code: -32_100, taskErrorCode: "COMPONENT_FAILED", message: "no" } } },
        ],
      },
      {
        status: "failed",
        items: { failed: 1, completed: 0 },
        results: [{ result: { outcome: "failed", error: { code: -32_000, taskErrorCode: "CANCELLED" } } }],
      },
    ]);
  });

  it("an unknown flow and an unknown run are not found; a flow that cannot run is refused", async () => {
    const broken = await storeFlow({
      steps: [{ id: "s", component: "/builtin/noop", input: { $step: "later" } }],
      output: 1,
    });
    const { answers } = await ask(
      submit("b".repeat(64), [1]),
      { method: "runs/get", params: { runId: "019bf0d2-1111-7000-8000-000000000000" } },
      submit(broken, [1]),
    );
    expect(answers.map(({ error }) => error?.code)).toEqual([-32_005, -32_005, -32_103]);
  });

  it("a worker that is called again finds the runs it submitted before, by key or by order", async () => {
    const flowId = await storeFlow(DOUBLED);
    const calls = [submit(flowId, [1], { subflowKey: "k" }), submit(flowId, [2]), submit(flowId, [2])];
    const flow = `steps: [{ id: a, component: /w/ask, input: { $input: $ }, onError: { action: retry, maxRetries: 1 } }]
output: { $step: a }`;
    const { runId } = await start({ calls: calls as unknown as Json, fail: "once more" }, flow);
    const children = await childrenOf(runId);
    expect(new Set(children).size).toBe(3);
    expect(children).toHaveLength(3);
  });

  it("the same key with other inputs is another run (concurrent steps of old SDKs share keys)", async () => {
    const flowId = await storeFlow(DOUBLED);
    const { answers } = await ask(
      submit(flowId, [1], { subflowKey: "k" }),
      submit(flowId, [2], { subflowKey: "k" }),
      submit(flowId, [1], { subflowKey: "k" }),
    );
    const ids = answers.map(({ result }) => result?.["runId"]);
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("RUN-55 a run that a worker started is cancelled with the run it was started from", async () => {
    const flowId = await storeFlow({ steps: [{ id: "s", component: "/w/hold", input: 1 }], output: { $step: "s" } });
    const text = "steps: [{ id: a, component: /w/ask, input: { $input: $ } }]\noutput: { $step: a }";
    const parsed = parseFlow(text, { format: "yaml" });
    const flowText = canonicalFlowText(parsed.flow!);
    const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    const inputs = [{ calls: [submit(flowId, [1])] as unknown as Json }];
    await runs(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission: { inputs } });
    await vi.waitUntil(async () => (await childrenOf(runId)).length === 1);
    const [child] = await childrenOf(runId);
    if (!child) throw new Error("no child");
    await vi.waitUntil(async () => (await runs(child).summary(child)).ok);
    await runs(runId).cancel(runId);
    await vi.waitUntil(async () => {
      const reply = await runs(child).summary(child);
      return reply.ok && reply.value.status === "cancelled";
    });
  });
});

describe("flows (D1)", () => {
  it("are evaluated, by id or as they are, and answered as a flow result that knows skipped", async () => {
    const { answers } = await ask(
      { method: "flows/evaluate", params: { flow_id: await storeFlow(DOUBLED), input: { a: 1 }, observability: null } },
      { method: "flows/evaluate", params: { flow: DOUBLED, input: 2 } },
      { method: "flows/evaluate", params: { flow: SKIPPED, input: 2 } },
      { method: "flows/evaluate", params: { input: 2 } },
    );
    expect(answers).toMatchObject([
      { result: { result: { outcome: "success", result: { v: { a: 1 } } } } },
      { result: { result: { outcome: "success", result: { v: 2 } } } },
      { result: { result: { outcome: "skipped" } } },
      { error: { code: -32_602 } },
    ]);
  });

  it("tell their metadata, and that of a step", async () => {
    const flowId = await storeFlow(DOUBLED);
    const { answers } = await ask(
      { method: "flows/get_metadata", params: { flow_id: flowId, observability: null } },
      { method: "flows/get_metadata", params: { flow_id: flowId, step_id: "s" } },
      { method: "flows/get_metadata", params: { flow_id: flowId, step_id: "t" } },
    );
    expect(answers.slice(0, 2)).toEqual([
      { result: { flow_metadata: { owner: "us" } } },
      { result: { flow_metadata: { owner: "us" }, step_metadata: { color: "red" } } },
    ]);
    expect(answers[2]?.error?.code).toBe(-32_005);
  });

  it("run as a batch", async () => {
    const flowId = await storeFlow(DOUBLED);
    const { answers } = await ask({
      method: "flows/submit_batch",
      params: { flow_id: flowId, inputs: [1, 2], max_concurrency: 1 },
    });
    expect(answers).toEqual([{ result: { batch_id: expect.any(String), total_runs: 2 } }]);
    const got = await ask({
      method: "flows/get_batch",
      params: { batch_id: answers[0]?.result?.["batch_id"] ?? "", wait: true, include_results: true },
    });
    expect(got.answers[0]?.result).toMatchObject({
      details: {
        flow_name: "twice",
        total_runs: 2,
        status: "completed",
        completed_runs: 2,
        failed_runs: 0,
        paused_runs: 0,
      },
      outputs: [
        { batch_input_index: 0, status: "completed", result: { outcome: "success", result: { v: 1 } } },
        { batch_input_index: 1, status: "completed", result: { outcome: "success", result: { v: 2 } } },
      ],
    });
  });
});

function textOf(json: Json | undefined): string {
  if (typeof json !== "string") throw new Error(`a text was expected, not ${JSON.stringify(json)}`);
  return json;
}

async function childrenOf(runId: RunId): Promise<RunId[]> {
  const page = await runs(runId).events(runId, { since: 0, limit: 100, includeResults: false, includeSubRuns: true });
  if (!page.ok) throw new Error(JSON.stringify(page.fault));
  return page.value.events.flatMap((event) => (event.type === "sub_run_created" ? [event.runId as RunId] : []));
}
