/** Triggers over HTTP: made, read, listed, deleted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const BOOTSTRAP = "bootstrap-0123456789-0123456789-0123456789";
const CONFIG = JSON.stringify({
  plugins: { builtin: { type: "builtin" } },
  triggers: { configured: { type: "webhook", flow: echoFlow, signature: { scheme: "none" } } },
});
let api: LocalOrchestrator;
let token: string;
beforeAll(async () => {
  api = await startOrchestrator({ STEPFLOW_LOCAL: "", STEPFLOW_BOOTSTRAP_TOKEN: BOOTSTRAP, STEPFLOW_CONFIG: CONFIG });
  token = await tokenOf("default");
});
afterAll(() => api.dispose());

async function tokenOf(namespace: string): Promise<string> {
  const made = await as(BOOTSTRAP)("POST", "/api/v1/tokens", { name: "t", scopes: ["triggers"], namespace });
  return made.body.token;
}
const as = (bearer: string) => (method: string, path: string, body?: unknown) =>
  api.call(method, path, body, { authorization: `Bearer ${bearer}` });
const call = (method: string, path: string, body?: unknown) => as(token)(method, `/api/v1/triggers${path}`, body);
const hook = { type: "webhook", flow: echoFlow, signature: { scheme: "none" } };

describe("TRIG-1: a trigger's document", () => {
  test("names its flow in one way, and its faults are told with their places", async () => {
    const { status, body } = await call("PUT", "/two", { ...hook, flowName: "x" });
    expect([status, body.error.details.faults[0].pointer]).toEqual([400, "/flowName"]);
    const none = await call("PUT", "/none", { type: "webhook", signature: { scheme: "none" } });
    expect([none.status, none.body.error.details.faults[0].pointer]).toEqual([400, "/flow"]);
    const unsigned = await call("PUT", "/unsigned", { type: "webhook", flow: echoFlow });
    expect([unsigned.status, unsigned.body.error.details.faults[0].pointer]).toEqual([400, "/signature"]);
    const typo = await call("PUT", "/typo", { ...hook, signature: { scheme: "none", sceme: 1 } });
    expect([typo.status, typo.body.error.details.faults[0].pointer]).toEqual([400, "/signature"]);
    expect((await call("PUT", "/Upper", hook)).status).toBe(400);
    expect((await call("GET", "")).body.triggers.map(({ name }: { name: string }) => name)).toEqual(["configured"]);
  });

  test("a flow that is not there, or cannot run, is refused at once", async () => {
    const { flow: _, ...bare } = hook;
    expect((await call("PUT", "/a", { ...bare, flowName: "nobody's" })).status).toBe(404);
    expect((await call("PUT", "/a", { ...bare, flowId: "0".repeat(64) })).status).toBe(404);
    const broken = await call("PUT", "/a", { ...hook, flow: { steps: [{ id: "a" }] } });
    expect([broken.status, broken.body.error.details.diagnostics.length > 0]).toEqual([400, true]);
    expect((await call("GET", "/a")).status).toBe(404);
  });
});

test("TRIG-2: a PUT creates, then replaces; a DELETE forgets", async () => {
  const first = await call("PUT", "/twice", { ...hook, description: "one" });
  const second = await call("PUT", "/twice", { ...hook, description: "two" });
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(first.body).toMatchObject({
    name: "twice",
    type: "webhook",
    enabled: true,
    source: "api",
    description: "one",
  });
  expect(first.body.flow).toBeUndefined();
  expect(first.body.flowId).toMatch(/^[0-9a-f]{64}$/);
  expect(second.body.createdAt).toBe(first.body.createdAt);
  expect((await call("GET", "/twice")).body).toEqual(second.body);
  expect((await call("DELETE", "/twice")).body).toEqual({ name: "twice", deleted: true });
  expect((await call("DELETE", "/twice")).status).toBe(404);
  expect((await call("GET", "/twice")).status).toBe(404);
});

test("TRIG-2: lists go by name, in pages", async () => {
  for (const name of ["a1", "z1", "m1"]) await call("PUT", `/${name}`, hook);
  const first = await call("GET", "?limit=2");
  const second = await call("GET", `?limit=2&cursor=${first.body.nextCursor}`);
  const names = [...first.body.triggers, ...second.body.triggers].map(({ name }: { name: string }) => name);
  expect(names).toEqual(["a1", "configured", "m1", "z1"]);
  expect(second.body.nextCursor).toBeUndefined();
});

test("TRIG-3: what the configuration has is listed, and changed there only", async () => {
  const { body } = await call("GET", "/configured");
  expect(body).toMatchObject({ source: "config", flow: echoFlow });
  expect((await call("PUT", "/configured", hook)).status).toBe(409);
  expect((await call("DELETE", "/configured")).status).toBe(409);
  expect((await call("GET", "/configured")).body).toEqual(body);
});

test("TRIG-4: a secret is never told again, a reference to one is", async () => {
  const put = await call("PUT", "/secret", {
    ...hook,
    signature: { scheme: "github", secrets: ["s3cret-of-ours", "${HOOK_SECRET}"] },
  });
  expect(put.status).toBe(201);
  const answers = [put, await call("GET", "/secret"), await call("GET", "")];
  expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain("s3cret");
  expect(put.body.signature.secrets).toEqual(["[redacted]", "${HOOK_SECRET}"]);
  const again = await call("PUT", "/secret", { ...hook, signature: put.body.signature });
  expect([again.status, again.body.error.details.faults[0].pointer]).toEqual([400, "/signature/secrets/0"]);
});

test("TRIG-6: triggers of one namespace are invisible in every other, and take the scope", async () => {
  const other = as(await tokenOf("team-b"));
  await call("PUT", "/ours", hook);
  expect((await other("GET", "/api/v1/triggers/ours")).status).toBe(404);
  expect((await other("DELETE", "/api/v1/triggers/ours")).status).toBe(404);
  expect((await other("GET", "/api/v1/triggers/configured")).status).toBe(404);
  expect((await other("GET", "/api/v1/triggers")).body.triggers).toEqual([]);
  expect((await other("PUT", "/api/v1/triggers/configured", hook)).status).toBe(201);
  const made = await as(BOOTSTRAP)("POST", "/api/v1/tokens", { name: "r", scopes: ["runs:write"] });
  expect((await as(made.body.token)("PUT", "/api/v1/triggers/ours", hook)).status).toBe(403);
});

test("ALLOW-4: a trigger has the bound of the token that put it, or a part of it", async () => {
  const allowComponents = ["/builtin/noop", "/builtin/eval"];
  const made = await as(BOOTSTRAP)("POST", "/api/v1/tokens", { name: "bound", scopes: ["triggers"], allowComponents });
  const put = (body: object) => as(made.body.token)("PUT", "/api/v1/triggers/bound", { ...hook, ...body });
  expect((await put({})).body.allowComponents).toEqual(allowComponents);
  expect((await put({ allowComponents: ["/builtin/noop"] })).body.allowComponents).toEqual(["/builtin/noop"]);
  const wider = await put({ allowComponents: ["/builtin/noop", "/**"] });
  expect([wider.status, wider.body.error.details.faults[0].pointer]).toEqual([403, "/allowComponents/1"]);
  expect((await call("GET", "/bound")).body.allowComponents).toEqual(["/builtin/noop"]);
});

describe("TRIG-7: with the token of a bound maker", () => {
  const nap = (name: string) => ({
    name,
    steps: [{ id: "s", component: "/builtin/sleep", input: { duration_ms: 0 } }],
    output: { $step: "s" },
  });
  let bound: ReturnType<typeof as>;
  beforeAll(async () => {
    const made = await as(BOOTSTRAP)("POST", "/api/v1/tokens", {
      name: "narrow",
      scopes: ["triggers"],
      allowComponents: ["/builtin/noop"],
    });
    bound = as(made.body.token);
  });
  const put = (name: string, body: object) => bound("PUT", `/api/v1/triggers/${name}`, body);
  const store = (flow: object) => as(BOOTSTRAP)("POST", "/api/v1/flows", { flow });
  const deliver = (name: string) => api.request(`/hooks/${name}`, { method: "POST", body: '{"x":1}' });
  const { flow: _, ...bare } = hook;

  test("a flow that names anything else is refused at once, however it is given", async () => {
    const { flowId } = (await store(nap("known-nap"))).body;
    const message =
      "the component '/builtin/sleep' is not among those allowed to this run: /builtin/noop; step 's' names it at /steps/0/component";
    for (const flow of [{ flow: nap("inline-nap") }, { flowId }, { flowName: "known-nap" }]) {
      const refused = await put("narrow", { ...bare, ...flow });
      expect([refused.status, refused.body.error.details?.faults]).toEqual([
        403,
        [{ pointer: "/steps/0/component", message }],
      ]);
    }
    expect((await call("GET", "/narrow")).status).toBe(404);
    expect((await as(BOOTSTRAP)("GET", "/api/v1/flows?name=inline-nap")).body.flows).toEqual([]);
    expect((await call("PUT", "/narrowed", { ...hook, flow: nap("own"), allowComponents: [] })).status).toBe(403);
  });

  test("a flow that comes under its name later is refused at the delivery, which has the reason", async () => {
    await store({ ...echoFlow, name: "changes" });
    expect((await put("changes", { ...bare, flowName: "changes" })).status).toBe(201);
    expect((await deliver("changes")).status).toBe(202);
    await store(nap("changes"));
    expect((await deliver("changes?later")).status).toBe(503);
    const { deliveries } = (await call("GET", "/changes/deliveries")).body;
    expect(deliveries).toMatchObject([
      { status: "failed", reason: expect.stringContaining("'/builtin/sleep' is not among those allowed") },
      { status: "accepted" },
    ]);
    const run = await as(BOOTSTRAP)("GET", `/api/v1/runs/${deliveries[0].runId}`);
    expect(run.status).toBe(404);
    const again = await bound("POST", `/api/v1/triggers/changes/deliveries/${deliveries[0].deliveryId}/redeliver`);
    expect([again.status, again.body.status]).toEqual([201, "failed"]);
  });

  test("what a wider trigger took is not delivered again, but by those who could have put it", async () => {
    await call("PUT", "/wide", { ...hook, flow: nap("wide") });
    await deliver("wide");
    const [taken] = (await bound("GET", "/api/v1/triggers/wide/deliveries")).body.deliveries;
    const path = `/api/v1/triggers/wide/deliveries/${taken.deliveryId}/redeliver`;
    const refused = await bound("POST", path);
    expect([refused.status, refused.body.error.message]).toEqual([403, expect.stringContaining('"/builtin/noop"')]);
    expect((await as(token)("POST", path)).body.status).toBe("accepted");
    expect((await bound("POST", path.replace("wide", "nobody"))).status).toBe(404);
  });
});
