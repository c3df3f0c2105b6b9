import { createRequire } from "node:module";
import { z } from "zod";
import { expectJson } from "../http-client.ts";
import { assertTotal, type Peer } from "../peer.ts";
import { expectedTotal, stepCount } from "../work.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { startWorkerd, WORKER_NAME } from "./workerd-host.ts";

const WORKFLOW_NAME = "bench";
const STEP_LIMIT = 25_000;
const PACKAGE = z.object({ version: z.string() });
const RUN_REPLY = z.object({ runId: z.string(), total: z.number() });
const STATUS_REPLY = z.object({ status: z.string(), steps: z.number() });

/** Cloudflare Workflows as Miniflare brings them, in the same workerd: `workers/workflows.ts`. */
export async function startWorkflows(workerUrl: string): Promise<Peer> {
  const host = await startWorkerd({
    code: await bundleWorker("workflows.ts"),
    env: {
      BENCH: {
        type: "workflow",
        name: WORKFLOW_NAME,
        worker: WORKER_NAME,
        exportName: "BenchWorkflow",
      },
      FINISH: { type: "durable-object", worker: WORKER_NAME, exportName: "FinishObject" },
      WORKER_URL: { type: "text", value: workerUrl },
    },
    exports: {
      BenchWorkflow: { type: "workflow", name: WORKFLOW_NAME, limits: { steps: STEP_LIMIT } },
      FinishObject: { type: "durable-object", storage: "sqlite" },
    },
  });
  const { version } = PACKAGE.parse(createRequire(import.meta.url)("workerd/package.json"));
  return {
    name: "workflows",
    label: `Cloudflare Workflows (workerd ${version})`,
    prepare: () => Promise.resolve(),
    async run(work) {
      const { runId, total } = (await expectJson(RUN_REPLY, "POST", host.url, work)).body;
      assertTotal("workflows", work, total, expectedTotal(work));
      return { work, runId };
    },
    async verify({ work, runId }) {
      const url = new URL(`/?run=${runId}`, host.url);
      const { status, steps } = (await expectJson(STATUS_REPLY, "GET", url)).body;
      if (status !== "complete") throw new Error(`workflows: run ${runId} is ${status}`);
      assertTotal("workflows", work, steps, stepCount(work));
    },
    stop: () => host.stop(),
  };
}
