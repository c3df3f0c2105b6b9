/** Access tokens over HTTP, as their holders meet them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES, type Scope } from "../../src/protocol/scope.ts";
import { StepflowClient } from "../../src/sdk/index.ts";
import { stepflow } from "../support/stepflow-cli.ts";
import { echoFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const BOOTSTRAP = "bootstrap-0123456789-0123456789-0123456789";
let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator({ STEPFLOW_LOCAL: "", STEPFLOW_BOOTSTRAP_TOKEN: BOOTSTRAP });
});
afterAll(() => api.dispose());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const call = (token: string, method: string, path: string, body?: unknown) =>
  api.call(method, path, body, bearer(token));
const create = (body: object, token = BOOTSTRAP) => call(token, "POST", "/api/v1/tokens", body);
async function tokenWith(scopes: readonly Scope[], fields: object = {}): Promise<string> {
  return (await create({ name: scopes.join(" "), scopes, ...fields })).body.token;
}

interface Documented {
  readonly operationId: string;
  readonly security?: readonly { readonly accessToken?: readonly Scope[] }[];
}
async function documented(): Promise<{ method: string; path: string; operation: Documented }[]> {
  const document = (await (await api.request("/openapi.json")).json()) as {
    paths: Record<string, Record<string, Documented>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}
const filled = (path: string) =>
  path
    .replace("{runId}", "019a9d2c-6f00-7cc3-98c4-dc0c0c000000")
    .replace("{tokenId}", "0".repeat(16))
    .replaceAll(/\{\w+\}/g, "0".repeat(64));

describe("AUTH-3: refusals", () => {
  test("without a token, or with one that is not good, every operation but the open ones is a 401 with a challenge", async () => {
    const open: string[] = [];
    for (const { method, path, operation } of await documented()) {
      const bare = await api.call(method, filled(path));
      if (bare.status !== 401) {
        open.push(operation.operationId);
        continue;
      }
      expect(bare.body.error.status).toBe("UNAUTHENTICATED");
      expect(bare.headers.get("www-authenticate")).toBe('Bearer realm="stepflow"');
      const bad = await call("nonsense", method, filled(path));
      expect([bad.status, bad.headers.get("www-authenticate")]).toEqual([
        401,
        'Bearer realm="stepflow", error="invalid_token"',
      ]);
    }
    expect(open.toSorted()).toEqual(["completeTask", "decideApproval", "failTask", "getHealth", "heartbeatTask"]);
  });

  test("AUTH-4: the document says of each operation which scope it needs, and that is the one asked for", async () => {
    const tokens = Object.fromEntries(
      await Promise.all(SCOPES.map(async (scope) => [scope, await tokenWith([scope])])),
    );
    for (const { method, path, operation } of await documented()) {
      const needed = (operation.security ?? []).flatMap(({ accessToken = [] }) => accessToken);
      expect(operation.security, operation.operationId).toBeDefined();
      if (needed.length === 0) continue;
      for (const scope of SCOPES) {
        const { status, body, headers } = await call(tokens[scope] ?? "", method, filled(path));
        const may = scope === "admin" || needed.includes(scope);
        expect([operation.operationId, scope, status === 403]).toEqual([operation.operationId, scope, !may]);
        if (may) continue;
        for (const name of needed) expect(body.error.message).toContain(`"${name}"`);
        expect(headers.get("www-authenticate")).toContain('error="insufficient_scope"');
      }
    }
  });

  test.each<[Scope, readonly string[]]>([
    ["runs:read", ["getRun", "listRuns", "listItems", "streamEvents", "getFlow", "getBlob", "listComponents"]],
    ["runs:write", ["submitRun", "cancelRun", "deleteRun", "storeBlob"]],
    ["flows:write", ["storeFlow", "getFlow", "deleteFlow", "storeBlob", "listComponents"]],
    ["workers", ["listComponents"]],
    ["admin", ["createToken", "listTokens", "revokeToken"]],
  ])("AUTH-5: %s permits %j, and none of what writes more", async (scope, permitted) => {
    const needing = (await documented())
      .filter(({ operation }) => operation.security?.some(({ accessToken }) => accessToken?.includes(scope)))
      .map(({ operation }) => operation.operationId);
    expect(needing).toEqual(expect.arrayContaining([...permitted]));
    const writing = new Set(["submitRun", "deleteRun", "storeFlow", "deleteFlow", "createToken", "revokeToken"]);
    expect(needing.filter((id) => writing.has(id) && !permitted.includes(id))).toEqual([]);
  });

  test("AUTH-4: what holds nobody's data is open", async () => {
    for (const path of ["/", "/docs", "/openapi.json", "/api/v1/health", "/compat/0.11/api/v1/health"])
      expect([path, (await api.request(path)).status]).toEqual([path, 200]);
  });

  test.each(["/compat/0.11/api/v1", "/compat/head/api/v1"])(
    "earlier releases take the same tokens: %s",
    async (base) => {
      const reader = await tokenWith(["runs:read"]);
      expect((await api.call("GET", `${base}/runs`)).status).toBe(401);
      expect((await call(reader, "GET", `${base}/runs`)).status).toBe(200);
      expect((await call(reader, "POST", `${base}/flows`, { flow: echoFlow })).status).toBe(403);
      const writer = await tokenWith(["flows:write", "runs:write"]);
      const { body } = await call(writer, "POST", `${base}/flows`, { flow: echoFlow });
      const started = await call(writer, "POST", `${base}/runs`, {
        flowId: body.flowId,
        input: [{ x: 1 }],
        wait: true,
      });
      expect(started.status).toBe(200);
      expect((await call(writer, "GET", `${base}/runs`)).status).toBe(403);
    },
  );

  test("a browser page of another site may come with a token, and may ask beforehand without", async () => {
    const origin = { origin: "https://app.example" };
    const preflight = await api.request("/api/v1/runs", {
      method: "OPTIONS",
      headers: { ...origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "authorization"]);
    const answer = await api.call("GET", "/api/v1/runs", undefined, { ...origin, ...bearer(BOOTSTRAP) });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  });
});

describe("AUTH-1: tokens", () => {
  test("are made, used, listed without their secret, and revoked", async () => {
    const expiresAt = "2100-01-01T00:00:00.000Z";
    const made = await create({
      name: "ci",
      scopes: ["runs:read", "runs:read"],
      namespace: "team-a",
      expiresAt: "2100-01-01T01:00:00+01:00",
      allowComponents: ["/builtin/*"],
    });
    expect(made.status).toBe(201);
    const { token, ...shown } = made.body;
    expect(shown).toEqual({
      id: token.split("_")[1],
      name: "ci",
      namespace: "team-a",
      scopes: ["runs:read"],
      expiresAt,
      allowComponents: ["/builtin/*"],
      createdAt: expect.any(String),
      createdBy: "bootstrap token",
    });
    expect((await call(token, "GET", "/api/v1/runs")).body).toEqual({ runs: [] });

    const page = (await call(BOOTSTRAP, "GET", "/api/v1/tokens?namespace=team-a")).body;
    expect(page).toEqual({ tokens: [{ ...shown, lastUsedAt: expect.any(String) }] });
    expect(JSON.stringify(page)).not.toContain(token.split("_")[2]);

    const revoked = await call(BOOTSTRAP, "DELETE", `/api/v1/tokens/${shown.id}`);
    expect([revoked.status, revoked.body]).toEqual([200, { ...page.tokens[0], revokedAt: expect.any(String) }]);
    const refused = await call(token, "GET", "/api/v1/runs");
    expect([refused.status, refused.body.error.message]).toEqual([401, "This access token has been revoked."]);
    expect((await call(BOOTSTRAP, "DELETE", `/api/v1/tokens/${"0".repeat(16)}`)).status).toBe(404);
  });

  test.each([
    ["an empty name", { name: "", scopes: ["admin"] }, "/name"],
    ["no scope", { name: "x", scopes: [] }, "/scopes"],
    ["an unknown scope", { name: "x", scopes: ["runs"] }, "/scopes/0"],
    ["a time that is over", { name: "x", scopes: ["admin"], expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
    ["a pattern without a slash", { name: "x", scopes: ["admin"], allowComponents: ["text"] }, "/allowComponents/0"],
    ...["", "-a", "A", "a/b", "a_b", "ä", "a".repeat(64)].map((namespace): [string, object, string] => [
      `AUTH-11: the namespace ${JSON.stringify(namespace)}`,
      { name: "x", scopes: ["admin"], namespace },
      "/namespace",
    ]),
  ])("are refused for %s", async (_, body, pointer) => {
    const { status, body: answer } = await create(body);
    expect([status, answer.error.details?.faults[0].pointer]).toEqual([400, pointer]);
  });

  test("AUTH-6: an admin bound to components makes none that are not", async () => {
    const bound = await tokenWith(["admin"], { allowComponents: ["/builtin/*"] });
    const wider = await create({ name: "x", scopes: ["admin"], allowComponents: ["/*"] }, bound);
    expect([wider.status, wider.body.error.message]).toEqual([403, expect.stringContaining('"/*"')]);
    expect((await create({ name: "x", scopes: ["admin"] }, bound)).body).toMatchObject({
      allowComponents: ["/builtin/*"],
    });
  });
});

describe("AUTH-3: clients", () => {
  test("the SDK's client runs a flow and follows it with a token, and is refused without", async () => {
    const token = await tokenWith(["runs:read", "runs:write", "flows:write"]);
    const client = new StepflowClient(api.url.href, token);
    const { runId } = await client.runs.submit({ flow: echoFlow, input: { x: 1 } });
    const types: string[] = [];
    for await (const event of client.events(runId)) types.push(event.type);
    expect(types.at(-1)).toBe("run_completed");
    expect(await client.blobs.get(await client.blobs.put({ a: 1 }))).toEqual({ a: 1 });
    await expect(new StepflowClient(api.url.href).runs.get(runId)).rejects.toMatchObject({
      code: 401,
      status: "UNAUTHENTICATED",
    });
    const blind = new StepflowClient(api.url.href, await tokenWith(["runs:write"]));
    await expect(blind.events(runId).next()).rejects.toMatchObject({ code: 403 });
  });

  test("the command line makes a token, works with it by flag and variable, lists and revokes it", async () => {
    const url = api.url.origin;
    const admin = { STEPFLOW_URL: url, STEPFLOW_TOKEN: BOOTSTRAP };
    const scopes = ["--scope", "runs:read", "--scope", "runs:write", "--scope", "flows:write"];
    const made = await stepflow(["tokens", "create", "cli", ...scopes, "--expires-in", "90d"], { env: admin });
    expect(made).toMatchObject({ code: 0, stderr: "note: keep the token now, it is not shown again\n" });
    const { token, id, expiresAt, createdAt } = JSON.parse(made.stdout);
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBeGreaterThan(89.9 * 86_400_000);

    const flow = "flows/greeting.yaml";
    const flags = ["--url", url, "--token", token];
    const submitted = await stepflow(["submit", flow, "--input-json", '{"name": "Ada"}', ...flags]);
    expect(submitted).toMatchObject({ code: 0, stdout: expect.stringContaining("Ada") });
    const runId = /run_id: (\S+)/.exec(submitted.stderr)?.[1] ?? "";
    const env = { STEPFLOW_URL: url, STEPFLOW_TOKEN: token };
    for (const args of [
      ["runs", "list"],
      ["runs", "get", runId, "--steps"],
      ["runs", "events", runId],
      ["flows", "put", flow],
      ["flows", "list"],
      ["list-components", "--url", url],
    ])
      expect([args, await stepflow(args, { env })]).toEqual([args, expect.objectContaining({ code: 0 })]);

    expect(await stepflow(["tokens", "list"], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the scope "admin"'),
    });
    expect(JSON.parse((await stepflow(["tokens", "list"], { env: admin })).stdout).tokens[0]).toMatchObject({ id });
    expect((await stepflow(["tokens", "list", "--format", "pretty"], { env: admin })).stdout).toContain(id);
    // A whole token is understood as its id.
    expect(JSON.parse((await stepflow(["tokens", "revoke", token], { env: admin })).stdout)).toMatchObject({ id });
    expect(await stepflow(["runs", "list"], { env })).toMatchObject({
      code: 1,
      stderr:
        "error: This access token has been revoked.\nhint: give an access token with --token, or in the variable STEPFLOW_TOKEN\n",
    });
  });

  test.each([
    [["tokens", "create", "x"], "no scope is given"],
    [["tokens", "create", "x", "--scope", "root"], "--scope root is not a scope"],
    [["tokens", "create", "x", "--scope", "admin", "--expires-in", "soon"], "not a duration"],
    [["runs", "list", "--token", "a\nb"], "characters that no token has"],
  ])("the command line refuses %j", async (args, message) => {
    expect(await stepflow(args, { env: { STEPFLOW_URL: api.url.origin } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});

test("AUTH-7: an event stream that is open goes on when its token is revoked", async () => {
  const made = (await create({ name: "watcher", scopes: ["runs:read"] })).body;
  const { body: run } = await call(BOOTSTRAP, "POST", "/api/v1/runs", { flow: sleepingFlow, input: {} });
  const watching = new StepflowClient(api.url.href, made.token).events(run.runId);
  expect((await watching.next()).value).toMatchObject({ type: "run_created" });
  await call(BOOTSTRAP, "DELETE", `/api/v1/tokens/${made.id}`);
  await call(BOOTSTRAP, "POST", `/api/v1/runs/${run.runId}/cancel`);
  const types: string[] = [];
  for await (const event of watching) types.push(event.type);
  expect(types.at(-1)).toBe("run_completed");
});
