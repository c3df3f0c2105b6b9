import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

interface ApiDocument {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { operationId: string; summary: string; tags: string[]; responses: Record<string, unknown> }>
  >;
  readonly components: { readonly schemas: Record<string, unknown> };
}
let api: LocalOrchestrator;
let document: ApiDocument;
let page: string;
beforeAll(async () => {
  api = await startOrchestrator();
  document = (await (await api.request("/openapi.json")).json()) as ApiDocument;
  page = await (await api.request("/docs")).text();
});
afterAll(() => api.dispose());

const operations = () => Object.values(document.paths).flatMap((methods) => Object.values(methods));

test("the document is OpenAPI 3.1 and has every route", () => {
  expect(document.openapi).toBe("3.1.0");
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(routes.map((route) => route.replace("/api/v1", "")).toSorted()).toEqual([
    "delete /flows/{flowId}",
    "delete /runs/{runId}",
    "delete /tokens/{tokenId}",
    "delete /triggers/{name}",
    "get /blobs/{blobId}",
    "get /components",
    "get /flows",
    "get /flows/{flowId}",
    "get /flows/{flowId}/variables",
    "get /health",
    "get /runs",
    "get /runs/{runId}",
    "get /runs/{runId}/events",
    "get /runs/{runId}/flow",
    "get /runs/{runId}/items",
    "get /runs/{runId}/steps",
    "get /runs/{runId}/steps/{stepId}",
    "get /runs/{runId}/waits",
    "get /tokens",
    "get /triggers",
    "get /triggers/{name}",
    "get /triggers/{name}/deliveries",
    "get /triggers/{name}/deliveries/{deliveryId}",
    "get /triggers/{name}/firings",
    "post /approvals/{token}",
    "post /blobs",
    "post /flows",
    "post /runs",
    "post /runs/bulk-cancel",
    "post /runs/bulk-retry",
    "post /runs/{runId}/cancel",
    "post /runs/{runId}/fork",
    "post /runs/{runId}/pause",
    "post /runs/{runId}/rerun",
    "post /runs/{runId}/resume",
    "post /runs/{runId}/retry",
    "post /runs/{runId}/signals/{name}",
    "post /tasks/{token}/complete",
    "post /tasks/{token}/fail",
    "post /tasks/{token}/heartbeat",
    "post /tokens",
    "post /triggers/{name}/backfill",
    "post /triggers/{name}/deliveries/{deliveryId}/redeliver",
    "post /triggers/{name}/fire",
    "post /triggers/{name}/pause",
    "post /triggers/{name}/resume",
    "put /triggers/{name}",
  ]);
});

test("operations are named once, told in words, and say what a refusal looks like", () => {
  const ids = operations().map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { summary, tags, responses } of operations()) {
    expect(summary).not.toBe("");
    expect(tags).toHaveLength(1);
    expect(JSON.stringify(responses["default"])).toContain("#/components/schemas/Error");
  }
});

test("AUTH-4: operations say which scope they need, in the document, on the page and on the command line", () => {
  expect(page).toContain("Needs the scope <code>runs:read</code>.");
  expect(page).toContain("Needs the scope <code>runs:write</code> or <code>flows:write</code>.");
  expect(page.match(/Needs no access token\./g)).toHaveLength(5);
  expect(page.match(/authorization: Bearer \$STEPFLOW_TOKEN/g)).toHaveLength(operations().length - 5);
  expect(document.components).toHaveProperty("securitySchemes.accessToken.scheme", "bearer");
});

test("every reference inside the document leads somewhere", () => {
  const names = Array.from(
    JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g),
    (match) => match[1] ?? "",
  );
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(document.components.schemas).toHaveProperty(name);
});

test("the page shows every operation and schema, and its links lead somewhere", () => {
  for (const { operationId } of operations()) expect(page).toContain(`<section id="${operationId}">`);
  for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`<section id="schema-${name}">`);
  const targets = Array.from(page.matchAll(/href="#([^"]+)"/g), (match) => match[1]);
  for (const target of targets) expect(page).toContain(`id="${target}"`);
});

test("the page works offline: no script, and nothing to fetch", async () => {
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|src=/i);
  const policy = (await api.request("/docs")).headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
});

test("the page gives a command line for each operation, with a body where one is needed", () => {
  expect(page.match(/<pre><code>curl /g)).toHaveLength(operations().length);
  expect(page).toContain("curl -X POST http://127.0.0.1:8787/api/v1/runs");
  expect(page).not.toContain("-d 'undefined'");
});

test("the root tells where the documentation is", async () => {
  expect((await api.call("GET", "/")).body).toMatchObject({
    name: "stepflow-edge",
    docs: expect.stringMatching(/\/docs$/),
  });
});

test("health and components answer", async () => {
  expect((await api.call("GET", "/api/v1/health")).body).toMatchObject({
    status: "healthy",
    version: expect.any(String),
  });
  const whole = (await api.call("GET", "/api/v1/components")).body;
  expect(whole).toMatchObject({ complete: true, failedPlugins: [] });
  const noop = whole.components.find(({ path }: { path: string }) => path === "/builtin/noop");
  expect(noop).toMatchObject({ plugin: "builtin", componentId: "/noop" });
  expect(JSON.stringify(whole)).toContain("inputSchema");
  const short = await api.call("GET", "/api/v1/components?exclude_schemas=true");
  expect(JSON.stringify(short.body)).not.toContain("Schema");
});
