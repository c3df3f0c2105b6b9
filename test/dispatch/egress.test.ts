/** NET-8: every way out passes the policy; what it refuses is never sent and not retried by itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { parseConfig } from "../../src/core/config/index.ts";
import { retryClass } from "../../src/core/run/failure.ts";
import { Router } from "../../src/dispatch/router.ts";
import { HOSTILE_URLS } from "../core/egress/hostile-urls.ts";
import { attemptCall } from "./attempt-call.ts";
import { type Answer, HttpWorker } from "./http-jsonrpc/http-worker.ts";
import { ManualTimers } from "./manual-timers.ts";

const never = new AbortController().signal;

/** As deployed; `sent` is what reached the network. */
function deployed(config: object) {
  const sent: string[] = [];
  const { config: parsed, diagnostics } = parseConfig(JSON.stringify(config));
  expect(parsed, JSON.stringify(diagnostics)).toBeDefined();
  const router = new Router(parsed!, {
    blobs: new MemoryBlobStore(),
    fetch: (request) => {
      sent.push(request.url);
      return fetch(request);
    },
    local: false,
    timers: new ManualTimers(),
    bindings: {},
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: { apiKey: "k" },
  });
  return { router, sent };
}

test.each(["http", "mcp"])(
  "NET-8 a refused URL of a plugin of type %s is never called, nor asked for components",
  async (type) => {
    const { router, sent } = deployed({ plugins: { p: { type, url: "http://127.0.0.1:9/" } } });
    const outcome = await router.transport("p").execute(attemptCall({ componentId: "/double" }), never);
    expect(outcome).toEqual({
      kind: "failed",
      error: {
        code: "ORCHESTRATOR_ERROR",
        message: expect.stringMatching(
          /'\/double' of plugin 'p' is not called.*egress policy.*\(scheme\).*'127\.0\.0\.1:9'/,
        ),
        data: { egress: "scheme" },
      },
    });
    const { failedPlugins } = await router.listComponents(never);
    expect(failedPlugins).toMatchObject([{ plugin: "p", error: expect.stringContaining("egress policy") }]);
    expect(sent).toEqual([]);
  },
);

test("NET-8 a flow cannot name a model API that is refused", async () => {
  const { router, sent } = deployed({ plugins: { builtin: { type: "builtin" } } });
  const readable = HOSTILE_URLS.filter(
    ([url, rule]) => /^https?:\/\//.test(url) && rule !== "url" && rule !== "credentials",
  );
  expect(readable.length).toBeGreaterThan(60);
  for (const [base, rule] of readable) {
    const input = { messages: [{ role: "user", content: "x" }], base_url: base, api_key: "k" };
    const outcome = await router.transport("builtin").execute(attemptCall({ componentId: "/openai", input }), never);
    expect(outcome, base).toMatchObject({
      kind: "failed",
      error: { code: "ORCHESTRATOR_ERROR", data: { egress: rule } },
    });
  }
  expect(sent).toEqual([]);
  expect(retryClass("ORCHESTRATOR_ERROR")).toBeUndefined();
});

test("NET-8 a redirect is not followed, wherever it leads", async () => {
  const target = await HttpWorker.start();
  const redirect: Answer = (response) => void response.writeHead(307, { location: target.url }).end();
  const worker = await HttpWorker.start({ initialize: redirect, "server/discover": redirect });
  const { router, sent } = deployed({
    plugins: { p: { type: "http", url: worker.url }, m: { type: "mcp", url: worker.url } },
    egress: { allowHosts: [new URL(worker.url).host], allowHttp: true },
  });
  for (const plugin of ["p", "m"])
    expect(await router.transport(plugin).execute(attemptCall(), never)).toMatchObject({ kind: "failed" });
  expect(new Set(sent)).toEqual(new Set([worker.url]));
  expect(target.seen).toEqual([]);
  await Promise.all([target.stop(), worker.stop()]);
});

test("NET-8 nothing in the orchestrator calls the network but the composition root, whose fetch goes through the router", () => {
  const src = fileURLToPath(new URL("../../src", import.meta.url));
  const callers = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/^(?:sdk|cli|ui)\//.test(file))
    .filter((file) => {
      const text = readFileSync(join(src, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      const callsGlobal = /(?:=|=>|await|return|void|\()\s*(?:globalThis\.)?fetch\s*\(/.test(text);
      return callsGlobal || /new (?:WebSocket|EventSource)\(|cloudflare:sockets|createRemoteJWKSet\(/.test(text);
    });
  expect(callers.sort()).toEqual([
    // The keys of Cloudflare Access, at the domain that the deployment's own binding names.
    "auth/access-jwt.ts",
    // Calls what it is handed.
    "dispatch/builtin/openai.ts",
    "dispatch/egress-fetch.ts",
    "dispatch/http-jsonrpc/worker-connection.ts",
    "index.ts",
  ]);
});
