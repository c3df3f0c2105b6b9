/** What a token, and a submission, allow a run to name, over HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const BOOTSTRAP = "bootstrap-0123456789-0123456789-0123456789";
let api: LocalOrchestrator;
let bound: string;
beforeAll(async () => {
  api = await startOrchestrator({ STEPFLOW_LOCAL: "", STEPFLOW_BOOTSTRAP_TOKEN: BOOTSTRAP });
  const body = {
    name: "bound",
    scopes: ["runs:read", "runs:write"],
    allowComponents: ["/builtin/noop", "/builtin/eval"],
  };
  bound = (await call("POST", "/tokens", body)).body.token;
});
afterAll(() => api.dispose());

const call = (method: string, path: string, body?: unknown, token = BOOTSTRAP) =>
  api.call(method, `/api/v1${path}`, body, { authorization: `Bearer ${token}` });
const flow = (component: string, input: unknown = {}) => ({
  steps: [{ id: "s", component, input }],
  output: { $step: "s" },
});
const NAP = flow("/builtin/sleep", { duration_ms: 0 });
const EVAL = flow("/builtin/eval", { flow: { $input: "$" }, input: {} });

test("ALLOW-2 ALLOW-3 a token's bound refuses a flow before it starts, and says where", async () => {
  const refused = await call("POST", "/runs", { flow: NAP }, bound);
  expect([refused.status, refused.body.error.status]).toEqual([403, "FORBIDDEN"]);
  expect(refused.body.error.details.faults).toEqual([
    {
      pointer: "/steps/0/component",
      message:
        "the component '/builtin/sleep' is not among those allowed to this run: /builtin/noop, /builtin/eval; step 's' names it at /steps/0/component",
    },
  ]);
  expect((await call("GET", "/runs", undefined, bound)).body.runs).toEqual([]);
  expect((await call("POST", "/runs", { flow: flow("/builtin/noop"), wait: true }, bound)).body.outcome).toBe(
    "success",
  );
});

test("ALLOW-2 a submission narrows, and cannot widen", async () => {
  const narrower = { flow: flow("/builtin/noop"), allowComponents: ["/builtin/eval"] };
  expect((await call("POST", "/runs", narrower, bound)).status).toBe(403);
  expect((await call("POST", "/runs", narrower)).status).toBe(403);
  expect((await call("POST", "/runs", { flow: flow("/builtin/noop"), allow_components: [] })).status).toBe(403);
  expect((await call("POST", "/runs", { flow: NAP, allowComponents: ["/**"] }, bound)).status).toBe(403);
  const bad = await call("POST", "/runs", { flow: NAP, allowComponents: ["builtin"] });
  expect([bad.status, bad.body.error.details.faults[0].pointer]).toEqual([400, "/allowComponents/0"]);
});

test("ALLOW-3 overrides are looked at", async () => {
  const overrides = { steps: { s: { value: { component: "/builtin/sleep" } } } };
  expect((await call("POST", "/runs", { flow: flow("/builtin/noop"), overrides }, bound)).status).toBe(403);
});

test("ALLOW-4 what computes its flow at run time is bound too, and so are its retries, whoever asks for them", async () => {
  const run = (await call("POST", "/runs", { flow: EVAL, input: NAP, wait: true }, bound)).body;
  const error = {
    code: "INVALID_INPUT",
    message: expect.stringContaining("'/builtin/sleep' is not among those allowed"),
  };
  expect(run.results[0].result).toMatchObject({ outcome: "failed", error });
  const again = (await call("POST", `/runs/${run.runId}/retry`, { wait: true })).body;
  expect(again.results[0].result).toMatchObject({ outcome: "failed", error });
  const fork = await call("POST", `/runs/${run.runId}/fork`, { flow: NAP });
  expect([fork.status, fork.body.error.details.faults[0].pointer]).toEqual([403, "/steps/0/component"]);
});

test("ALLOW-4 a bound token's retry and fork of a free run are bound", async () => {
  const run = (await call("POST", "/runs", { flow: NAP, wait: true })).body;
  expect((await call("POST", `/runs/${run.runId}/fork`, {}, bound)).status).toBe(403);
  expect((await call("POST", `/runs/${run.runId}/rerun`, { from: ["s"] }, bound)).status).toBe(403);
  expect((await call("POST", `/runs/${run.runId}/rerun`, { from: ["s"] })).status).toBe(202);
});
