/** AUTH-11, AUTH-12: what one namespace holds is not there for another, whatever is asked for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpWorker } from "../dispatch/http-jsonrpc/http-worker.ts";
import { echoFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const BOOTSTRAP = "bootstrap-0123456789-0123456789-0123456789";
let api: LocalOrchestrator;
let worker: HttpWorker;
let a: Namespace;
let b: Namespace;

interface Namespace {
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): ReturnType<LocalOrchestrator["call"]>;
  /** With a body that every operation takes, where one is sent. */
  request(path: string, method: string): Promise<Response>;
}

beforeAll(async () => {
  worker = await HttpWorker.start();
  const config = {
    plugins: { builtin: { type: "builtin" }, w: { type: "http", url: worker.url } },
    egress: { allowHosts: [new URL(worker.url).host], allowHttp: true },
    retry: { transportMaxRetries: 1, backoff: { type: "constant", delayMs: 1 } },
  };
  api = await startOrchestrator({
    STEPFLOW_LOCAL: "",
    STEPFLOW_BOOTSTRAP_TOKEN: BOOTSTRAP,
    STEPFLOW_SECRET: "a secret of this test",
    STEPFLOW_CONFIG: JSON.stringify(config),
  });
  [a, b] = [await namespace("a"), await namespace("b")];
});
afterAll(async () => {
  await api.dispose();
  await worker.stop();
});

async function namespace(name: string): Promise<Namespace> {
  const admin = { authorization: `Bearer ${BOOTSTRAP}` };
  const made = await api.call("POST", "/api/v1/tokens", { name, namespace: name, scopes: ["admin"] }, admin);
  const authorization = `Bearer ${made.body.token}`;
  return {
    call: (method, path, body, headers) => api.call(method, path, body, { ...headers, authorization }),
    request: (path, method) =>
      api.request(path, {
        method,
        headers: { authorization, "content-type": "application/json" },
        ...(method === "POST" ? { body: '{"from":["echo"]}' } : {}),
      }),
  };
}

/** A run that has ended, its flow, and a blob, in one namespace. */
async function held(by: Namespace) {
  const { body: stored } = await by.call("POST", "/api/v1/flows", { flow: echoFlow, name: "mine" });
  const { body: run } = await by.call("POST", "/api/v1/runs", { flowId: stored.flowId, input: { x: 1 }, wait: true });
  const { body: blob } = await by.call("POST", "/api/v1/blobs", { data: "of a" });
  expect(run.status).toBe("completed");
  return { flowId: stored.flowId as string, runId: run.runId as string, blobId: blob.blobId as string };
}

test("AUTH-11: every operation that takes an id answers 404 for one of another namespace, and does nothing", async () => {
  const ids: Record<string, string> = { ...(await held(a)), stepId: "echo" };
  const fill = (path: string) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "");
  const document = (await (await api.request("/openapi.json")).json()) as {
    paths: Record<string, Record<string, { requestBody?: unknown }>>;
  };
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    /\{(?:runId|flowId|blobId)\}/.test(path) ? Object.keys(methods).map((method) => [method.toUpperCase(), path]) : [],
  );
  expect(documented.length).toBeGreaterThan(10);
  const below = (base: string) =>
    [
      ["GET", "/runs/{runId}"],
      ["GET", "/runs/{runId}/items"],
      ["GET", "/runs/{runId}/steps"],
      ["GET", "/runs/{runId}/flow"],
      ["POST", "/runs/{runId}/cancel"],
      ["DELETE", "/runs/{runId}"],
      ["GET", "/flows/{flowId}"],
      ["GET", "/flows/{flowId}/variables"],
      ["DELETE", "/flows/{flowId}"],
      ["GET", "/blobs/{blobId}"],
    ].map(([method = "", path = ""]) => [method, base + path]);
  const all = [
    ...documented,
    ["HEAD", "/api/v1/blobs/{blobId}"],
    ...below("/compat/0.11/api/v1"),
    ...below("/compat/head/api/v1"),
    ["GET", "/compat/head/api/v1/runs/{runId}/steps/{stepId}"],
    ["GET", "/compat/head/api/v1/runs/{runId}/events"],
  ];
  for (const [method = "", path = ""] of all) {
    const needed = path.endsWith("/rerun") ? { from: ["echo"] } : undefined;
    const foreign = needed ? await b.call(method, fill(path), needed) : await b.request(fill(path), method);
    if (foreign instanceof Response) await foreign.body?.cancel();
    expect([method, path, foreign.status]).toEqual([method, path, 404]);
  }
  // Nothing was deleted or cancelled for its owner.
  expect((await a.call("GET", `/api/v1/runs/${ids["runId"]}`)).body.status).toBe("completed");
  for (const path of ["/api/v1/flows/{flowId}", "/api/v1/blobs/{blobId}", "/api/v1/runs/{runId}/items"])
    expect([path, (await a.call("GET", fill(path))).status]).toEqual([path, 200]);
});

test("AUTH-11: an id of another namespace is answered in the words of one that never was", async () => {
  const { runId } = await held(a);
  const never = runId.replace(/^.{8}/, "00000000");
  const words = async (id: string) => {
    const { body } = await b.call("GET", `/api/v1/runs/${id}`);
    return body.error.message.replace(id, "ID");
  };
  expect(await words(runId)).toBe(await words(never));
});

test("AUTH-11: lists show a namespace its own", async () => {
  const { runId } = await held(a);
  const c = await namespace("c");
  await expect.poll(async () => JSON.stringify((await a.call("GET", "/api/v1/runs")).body)).toContain(runId);
  expect((await c.call("GET", "/api/v1/runs")).body).toEqual({ runs: [] });
  expect((await c.call("GET", `/api/v1/runs?rootRunId=${runId}`)).body).toEqual({ runs: [] });
  expect((await c.call("GET", "/api/v1/flows")).body).toEqual({ flows: [] });
  expect((await c.call("GET", "/api/v1/flows?name=mine")).body).toEqual({ flows: [] });
  for (const base of ["/compat/0.11/api/v1", "/compat/head/api/v1"])
    expect(JSON.stringify((await c.call("GET", `${base}/runs`)).body)).not.toContain(runId);
});

test("AUTH-11: a run starts only with flows of its namespace, by id and by name, and names are separate", async () => {
  const { flowId } = await held(a);
  const d = await namespace("d");
  expect((await d.call("POST", "/api/v1/runs", { flowId, input: { x: 1 } })).status).toBe(404);
  expect((await d.call("POST", "/api/v1/runs", { flowName: "mine", input: { x: 1 } })).status).toBe(404);
  await d.call("POST", "/api/v1/flows", { flow: { ...echoFlow, output: "of d" }, name: "mine" });
  const start = async (by: Namespace) =>
    (await by.call("POST", "/api/v1/runs", { flowName: "mine", input: { x: 1 }, wait: true })).body.results[0].result;
  expect(await start(d)).toEqual({ outcome: "success", result: "of d" });
  expect(await start(a)).toEqual({ outcome: "success", result: { x: 1 } });
});

test("AUTH-11: a flow does not reach blobs and flows of another namespace by their ids", async () => {
  const { blobId, flowId } = await held(a);
  const steps = [
    { id: "s", component: "/builtin/get_blob", input: { blob_id: blobId } },
    { id: "s", component: "/builtin/eval", input: { flow_id: flowId, input: { x: 1 } } },
    { id: "s", component: "/builtin/noop", input: { $literal: { $blob: blobId } } },
  ];
  const e = await namespace("e");
  const results = async (by: Namespace) =>
    Promise.all(
      steps.map(async (step) => {
        const flow = { name: "reach", steps: [step], output: { $step: "s" } };
        const { body } = await by.call("POST", "/api/v1/runs", { flow, input: {}, wait: true });
        return body.results?.[0].result ?? body;
      }),
    );
  const [own, foreign] = [await results(a), await results(e)];
  expect(own.slice(0, 2)).toMatchObject([
    { outcome: "success", result: { data: "of a" } },
    { outcome: "success", result: { result: { outcome: "success", result: { x: 1 } } } },
  ]);
  expect(foreign.slice(0, 2)).toMatchObject([{ outcome: "failed" }, { outcome: "failed" }]);
  expect(JSON.stringify(foreign)).not.toContain("of a");
});

test("AUTH-11: the same idempotency key starts a run in each namespace", async () => {
  const start = async (by: Namespace) =>
    (await by.call("POST", "/api/v1/runs", { flow: echoFlow, input: { x: 1 } }, { "idempotency-key": "k" })).body.runId;
  const [inA, inB] = [await start(a), await start(b)];
  expect(inA).not.toBe(inB);
  expect(await start(a)).toBe(inA);
});

test("AUTH-11: the same bytes lie apart: deleting a flow in one namespace leaves the other's", async () => {
  const [inA, inB] = [await held(a), await held(b)];
  expect(inA.flowId).toBe(inB.flowId);
  expect((await b.call("DELETE", `/api/v1/flows/${inB.flowId}`)).status).toBe(204);
  expect((await a.call("GET", `/api/v1/flows/${inA.flowId}`)).status).toBe(200);
  expect((await b.call("GET", `/api/v1/flows/${inA.flowId}`)).status).toBe(404);
});

describe("AUTH-12: workers act in the namespace of their run", () => {
  const later = { steps: [{ id: "s", component: "/w/later", input: {} }], output: { $step: "s" } };

  /** The headers of the call that a run in this namespace makes, and the blob URL its worker was told. */
  async function called(by: Namespace) {
    worker.answers["components/execute"] = (response) => void response.writeHead(202).end('""');
    const arrived = worker.arrival("components/execute");
    const { body } = await by.call("POST", "/api/v1/runs", { flow: later, input: {} });
    await arrived;
    const told = worker.last("initialize").message.params as { capabilities: { blobApiUrl: string } };
    return {
      runId: body.runId as string,
      taskPath: new URL(String(worker.last("components/execute").headers["stepflow-task-url"])).pathname,
      blobPath: new URL(told.capabilities.blobApiUrl).pathname,
    };
  }

  test("a report settles the run of the namespace its token names", async () => {
    const { runId, taskPath } = await called(b);
    expect((await api.call("POST", `${taskPath}/complete`, { output: "done" })).status).toBe(200);
    const { body } = await b.call("GET", `/api/v1/runs/${runId}?wait=true&timeoutSecs=10`);
    expect(body).toMatchObject({ status: "completed", outcome: "success" });
    expect((await a.call("GET", `/api/v1/runs/${runId}`)).status).toBe(404);
  });

  test("a blob URL opens the blobs of one namespace, and is no token for the API", async () => {
    const { blobId } = await held(a);
    const [ofA, ofB] = [(await called(a)).blobPath, (await called(b)).blobPath];
    expect(ofA).not.toBe(ofB);
    expect((await api.call("GET", `${ofA}/${blobId}`)).body.data).toBe("of a");
    await b.call("POST", "/api/v1/blobs", { data: "of b" });
    const stored = await api.call("POST", ofB, { data: "of b's worker" });
    expect((await b.call("GET", `/api/v1/blobs/${stored.body.blobId}`)).body.data).toBe("of b's worker");
    expect((await a.call("GET", `/api/v1/blobs/${stored.body.blobId}`)).status).toBe(404);
    const segment = ofA.split("/")[2] ?? "";
    expect((await api.call("GET", "/api/v1/runs", undefined, { authorization: `Bearer ${segment}` })).status).toBe(401);
  });
});

test("AUTH-11: a run goes on in its namespace after its token is revoked", async () => {
  const admin = { authorization: `Bearer ${BOOTSTRAP}` };
  const made = await api.call("POST", "/api/v1/tokens", { name: "f", namespace: "a", scopes: ["runs:write"] }, admin);
  const holder = { authorization: `Bearer ${made.body.token}` };
  const { body } = await api.call("POST", "/api/v1/runs", { flow: sleepingFlow, input: {} }, holder);
  await api.call("DELETE", `/api/v1/tokens/${made.body.id}`, undefined, admin);
  expect((await a.call("GET", `/api/v1/runs/${body.runId}`)).body.status).toBe("running");
  expect((await a.call("POST", `/api/v1/runs/${body.runId}/cancel`)).status).toBe(200);
});
