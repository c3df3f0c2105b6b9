import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { z } from "zod";
import { expectJson } from "../http-client.ts";
import { assertTotal, type Peer } from "../peer.ts";
import { expectedTotal, stepCount, type Work, workKey } from "../work.ts";
import { flowFor } from "./ours-flow.ts";
import { startWorkerd, WORKER_NAME } from "./workerd-host.ts";

const BUNDLE = new URL("../../dist/worker/index.js", import.meta.url);
const STEP_PAGE = 1_000;

const PACKAGE = z.object({ version: z.string() });
const FLOW_REPLY = z.object({ flowId: z.string() });
const STEPS_REPLY = z.object({ steps: z.array(z.object({ status: z.string() })), nextCursor: z.string().optional() });
const COUNT = z.object({ n: z.number() });
const ITEM = z.object({ result: z.object({ outcome: z.string(), result: z.unknown() }).optional() });
const ITEMS_REPLY = z.object({ results: z.array(ITEM) });
const RUN_REPLY = z.object({
  runId: z.string(),
  status: z.string(),
  outcome: z.string().optional(),
  results: z.array(ITEM).optional(),
});
type RunReply = z.infer<typeof RUN_REPLY>;

/** The orchestrator as it is deployed: the built Worker, its API over HTTP, flows stored beforehand. */
export async function startOurs(workerUrl: string, options: { readonly inspectorPort?: number } = {}): Promise<Peer> {
  if (!existsSync(BUNDLE)) throw new Error("dist/worker/index.js is not there: run `npm run build` first");
  const config = {
    plugins: { builtin: { type: "builtin" }, bench: { type: "http", url: workerUrl } },
    routes: { "/builtin": [{ plugin: "builtin" }], "/bench": [{ plugin: "bench" }] },
  };
  const host = await startWorkerd({
    code: await readFile(BUNDLE, "utf8"),
    ...options,
    env: {
      RUNS: { type: "durable-object", worker: WORKER_NAME, exportName: "RunObject" },
      DISPATCHERS: { type: "durable-object", worker: WORKER_NAME, exportName: "DispatcherObject" },
      INDEX: { type: "durable-object", worker: WORKER_NAME, exportName: "IndexObject" },
      CACHE: { type: "durable-object", worker: WORKER_NAME, exportName: "CacheObject" },
      SCHEDULES: { type: "durable-object", worker: WORKER_NAME, exportName: "ScheduleObject" },
      TRIGGERS: { type: "durable-object", worker: WORKER_NAME, exportName: "TriggerObject" },
      BLOBS: { type: "r2", name: "blobs" },
      DB: { type: "d1", id: "index" },
      STEPFLOW_CONFIG: { type: "text", value: JSON.stringify(config) },
      STEPFLOW_LOCAL: { type: "text", value: "1" },
      PUBLIC_URL: { type: "text", value: "http://127.0.0.1" },
    },
    exports: {
      RunObject: { type: "durable-object", storage: "sqlite" },
      DispatcherObject: { type: "durable-object", storage: "sqlite" },
      IndexObject: { type: "durable-object", storage: "sqlite" },
      CacheObject: { type: "durable-object", storage: "sqlite" },
      ScheduleObject: { type: "durable-object", storage: "sqlite" },
      TriggerObject: { type: "durable-object", storage: "sqlite" },
    },
  });
  const flowIds = new Map<string, string>();
  const api = (path: string): URL => new URL(`/api/v1${path}`, host.url);

  function submission(work: Work): object {
    const flowId = flowIds.get(workKey(work));
    if (flowId === undefined) throw new Error(`prepare() was not called for ${workKey(work)}`);
    const input = Array.from({ length: work.kind === "batch" ? work.items : 1 }, () => ({ n: 0 }));
    return { flowId, input, maxConcurrency: work.kind === "fan_out" ? work.steps : 10 };
  }

  function check(work: Work, reply: RunReply): void {
    if (reply.status !== "completed" || reply.outcome !== "success") {
      throw new Error(`ours: run ${reply.runId} ended ${reply.status}: ${JSON.stringify(reply.results).slice(0, 500)}`);
    }
    assertTotal("ours", work, totalOf(work, reply), expectedTotal(work));
  }

  const { version } = PACKAGE.parse(createRequire(import.meta.url)("../../package.json"));
  return {
    name: "ours",
    label: `stepflow-edge ${version}`,
    async prepare(work) {
      const { body } = await expectJson(FLOW_REPLY, "POST", api("/flows"), { flow: flowFor(work) });
      flowIds.set(workKey(work), body.flowId);
    },
    async run(work) {
      const { body } = await expectJson(RUN_REPLY, "POST", api("/runs"), { ...submission(work), wait: true });
      check(work, body);
      return { work, runId: body.runId };
    },
    async verify({ work, runId }) {
      let completed = 0;
      for (let cursor: string | undefined = "0"; cursor !== undefined; ) {
        const url = api(`/runs/${runId}/steps?limit=${STEP_PAGE}&cursor=${cursor}`);
        const { body }: { body: z.infer<typeof STEPS_REPLY> } = await expectJson(STEPS_REPLY, "GET", url);
        completed += body.steps.filter(({ status }) => status === "completed").length;
        cursor = body.nextCursor;
      }
      assertTotal("ours", work, completed, stepCount(work));
    },
    crash: {
      async begin(work) {
        const { body } = await expectJson(RUN_REPLY, "POST", api("/runs"), submission(work));
        return body.runId;
      },
      kill: () => host.kill(),
      async finish(work, runId) {
        const { body: run } = await expectJson(RUN_REPLY, "GET", api(`/runs/${runId}?wait=true`));
        const { body: items } = await expectJson(ITEMS_REPLY, "GET", api(`/runs/${runId}/items`));
        check(work, { ...run, ...items });
      },
      async load(runId) {
        const startedAt = performance.now();
        await expectJson(z.unknown(), "GET", api("/health"));
        const idleMs = performance.now() - startedAt;
        await expectJson(RUN_REPLY, "GET", api(`/runs/${runId}`));
        return { idleMs, loadMs: performance.now() - startedAt - idleMs };
      },
    },
    stop: () => host.stop(),
  };
}

/** Adds up `n` over all items, or over the list that a fan-out ends with. */
function totalOf(work: Work, reply: RunReply): number {
  const outputs = (reply.results ?? []).map(({ result }) => result?.result);
  if (outputs.length !== (work.kind === "batch" ? work.items : 1)) throw new Error(`ours: ${outputs.length} results`);
  return z
    .array(COUNT)
    .parse(outputs.flat())
    .reduce((sum, { n }) => sum + n, 0);
}
