import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { DocumentedAnswers } from "./documented-answers.ts";

/** The whole orchestrator in workerd, with storage in memory: what is tested is what is deployed. */
export interface LocalOrchestrator {
  readonly url: URL;
  /** A request below the origin; `init` as for fetch. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** A request with a JSON `body` (text is sent as it is) and its JSON answer, which is compared with the OpenAPI document. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  dispose(): Promise<void>;
}
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into freely, and matched against schemas
  readonly body: any;
}

export async function startOrchestrator(bindings: Readonly<Record<string, string>> = {}): Promise<LocalOrchestrator> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: ["src/index.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    loader: { ".yml": "text" },
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      modules: true,
      script: outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-10-23",
      durableObjects: {
        RUNS: { className: "RunObject", useSQLite: true },
        DISPATCHERS: { className: "DispatcherObject", useSQLite: true },
        INDEX: { className: "IndexObject", useSQLite: true },
        CACHE: { className: "CacheObject", useSQLite: true },
        TRIGGERS: { className: "TriggerObject", useSQLite: true },
        SCHEDULES: { className: "ScheduleObject", useSQLite: true },
      },
      r2Buckets: ["BLOBS"],
      d1Databases: ["DB"],
      bindings: { STEPFLOW_LOCAL: "1", PUBLIC_URL: "http://127.0.0.1:8787", ...bindings },
    }),
  );
  const url = await miniflare.ready;
  const request = (path: string, init?: RequestInit) => fetch(new URL(path, url), init);
  const openapi = await request("/openapi.json");
  const documented = openapi.ok ? new DocumentedAnswers(await openapi.json()) : undefined;
  return {
    url,
    request,
    async call(method, path, body, headers = {}) {
      const response = await request(path, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer = text === "" ? undefined : JSON.parse(text);
      documented?.check(method, new URL(path, url).pathname, response.status, answer);
      return { status: response.status, headers: response.headers, body: answer };
    },
    dispose: () => miniflare.dispose(),
  };
}
