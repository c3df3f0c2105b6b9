import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { parseConfig } from "../../src/core/config/index.ts";
import { type DispatchDeps, Router } from "../../src/dispatch/router.ts";
import { attemptCall } from "./attempt-call.ts";
import { HttpWorker } from "./http-jsonrpc/http-worker.ts";
import { ManualTimers } from "./manual-timers.ts";

const never = new AbortController().signal;
let worker: HttpWorker;
beforeEach(async () => {
  worker = await HttpWorker.start({
    "components/execute": (_, { message }) => ({ output: message.params ?? null }),
    "components/list": () => ({ components: [{ component: "/core/a" }, { component: "/b", description: "B" }] }),
  });
});
afterEach(() => worker.stop());

function router(text: string, deps: Partial<DispatchDeps> = {}): Router {
  const { config, diagnostics } = parseConfig(text);
  expect(config, JSON.stringify(diagnostics)).toBeDefined();
  return new Router(config!, {
    blobs: new MemoryBlobStore(),
    fetch,
    local: true,
    timers: new ManualTimers(),
    bindings: {},
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
    ...deps,
  });
}

test("each plugin has its transport, made once", async () => {
  const routes = router(
    `plugins: {builtin: {type: builtin}, w: {type: http, url: "${worker.url}"}, m: {type: mock, components: {/one: {behaviors: {a: {outcome: success, result: 1}}}}}}`,
  );
  expect(routes.transport("w")).toBe(routes.transport("w"));
  expect(await routes.transport("w").execute(attemptCall(), never)).toMatchObject({
    kind: "success",
    value: { json: { component: "/double" } },
  });
  expect(
    await routes.transport("builtin").execute(attemptCall({ componentId: "/put_blob", input: { data: 1 } }), never),
  ).toMatchObject({ kind: "success" });
  expect(await routes.transport("m").execute(attemptCall({ componentId: "/one", input: "a" }), never)).toMatchObject({
    value: { json: 1 },
  });
  expect(await routes.transport("m").execute(attemptCall({ componentId: "/two" }), never)).toMatchObject({
    error: { code: "COMPONENT_NOT_FOUND" },
  });
});

test("a service binding is called instead of the network, with a session of its own", async () => {
  const urls: string[] = [];
  const TEXT = {
    fetch: (request: Request): Promise<Response> => {
      urls.push(request.url);
      return fetch(new Request(worker.url, request));
    },
  };
  const routes = router("plugins: {text: {type: service, binding: TEXT}}", {
    bindings: { TEXT },
    fetch: () => Promise.reject(new Error("the network was used")),
  });
  expect(await routes.transport("text").execute(attemptCall(), never)).toMatchObject({ kind: "success" });
  expect(new Set(urls)).toEqual(new Set(["http://worker.internal/"]));
});

test.each([
  ["service", "{type: service, binding: NOPE}", "there is no service binding NOPE"],
  ["queue", "{type: grpc}", "plugin kind 'queue' is not reachable from this orchestrator yet"],
  ["mcp", "{type: mcp, command: x}", "starts an MCP server as a subprocess"],
  ["stdio", "{type: stdio, command: x}", "starts a worker as a subprocess"],
])("a %s plugin that cannot be reached fails its calls clearly, without retries", async (_, plugin, reason) => {
  const routes = router(`plugins: {p: ${plugin}}`);
  const outcome = await routes.transport("p").execute(attemptCall(), never);
  expect(outcome).toEqual({
    kind: "failed",
    error: { code: "ORCHESTRATOR_ERROR", message: expect.stringContaining(reason) },
  });
  expect(await routes.listComponents(never)).toEqual({
    components: [],
    complete: false,
    failedPlugins: [{ plugin: "p", routes: ["/p"], error: expect.stringContaining(reason) }],
  });
});

test("an unknown plugin has a transport that says so", async () => {
  expect(await router("").transport("ghost").execute(attemptCall(), never)).toMatchObject({
    error: { message: "plugin 'ghost' is not configured" },
  });
});

test("components are listed at the paths a flow writes, each once, as far as plugins answer", async () => {
  const gone = await HttpWorker.start();
  const { url } = gone;
  await gone.stop();
  const routes = router(`
plugins:
  w: { type: http, url: "${worker.url}" }
  gone: { type: http, url: "${url}" }
  m: { type: mock, components: { /one: { input_schema: { type: object }, behaviors: [] }, /b: { behaviors: [] } } }
routes:
  "/all": [{ plugin: m }, { plugin: w }]
  "/single/{component}": [{ plugin: w }]
  "/deep/x/{*component}": [{ plugin: w, componentDeny: [/b] }]
  "/only": [{ plugin: w, componentAllow: [/b] }, { plugin: gone }]
  "/alias": [{ plugin: w, component: /core/a }]
  "/tenant/{t}/{*component}": [{ plugin: w }]
  "/": [{ plugin: m }]
`);
  const { components, complete, failedPlugins } = await routes.listComponents(never);
  expect(components.map(({ path, plugin, component }) => `${path} ${plugin} ${component}`)).toEqual([
    "/alias w /core/a",
    "/all/b m /b",
    "/all/core/a w /core/a",
    "/all/one m /one",
    "/b m /b",
    "/deep/x/core/a w /core/a",
    "/one m /one",
    "/only/b w /b",
    "/single/b w /b",
  ]);
  expect(components.find(({ path }) => path === "/all/one")).toMatchObject({ inputSchema: { type: "object" } });
  expect([complete, failedPlugins]).toEqual([
    false,
    [{ plugin: "gone", routes: ["/only"], error: expect.stringContaining("could not be reached") }],
  ]);
});

test("a worker that holds its answer is named as such when the time is up, and does not keep the others waiting", async () => {
  const silent = await HttpWorker.start({ initialize: () => undefined });
  const routes = router(
    `plugins: {m: {type: mock, components: {/one: {behaviors: []}}}, slow: {type: http, url: "${silent.url}"}, slower: {type: http, url: "${silent.url}"}}`,
  );
  const time = new AbortController();
  const [asked, listed] = [silent.arrival("initialize"), routes.listComponents(time.signal)];
  await asked;
  time.abort();
  expect(await listed).toEqual({
    components: [{ component: "/one", path: "/m/one", plugin: "m" }],
    complete: false,
    failedPlugins: [
      { plugin: "slow", routes: ["/slow"], error: "plugin 'slow' did not answer in time" },
      { plugin: "slower", routes: ["/slower"], error: "plugin 'slower' did not answer in time" },
    ],
  });
  await silent.stop();
});

test("what is listed resolves to what is listed", async () => {
  const { ConfigComponentResolver } = await import("../../src/dispatch/component-resolver.ts");
  const text =
    'plugins: {builtin: {type: builtin}}\nroutes: {"/builtin/{component}": [{plugin: builtin, componentDeny: [/noop]}], "/": [{plugin: builtin}]}';
  const { components } = await router(text).listComponents(never);
  const resolver = new ConfigComponentResolver(parseConfig(text).config!);
  expect(components).toHaveLength(25);
  for (const { path, component } of components)
    expect(resolver.resolve(path, {})).toMatchObject({ componentId: component });
});
