import { z } from "zod";
import { expectJson } from "../http-client.ts";
import { assertTotal, type Peer } from "../peer.ts";
import { expectedTotal, stepCount } from "../work.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { startWorkerd, WORKER_NAME } from "./workerd-host.ts";

const RUN_REPLY = z.object({ runId: z.string(), total: z.number() });
const COUNT_REPLY = z.object({ steps: z.number() });

/** The floor: `workers/bare.ts`. */
export async function startBare(workerUrl: string): Promise<Peer> {
  const host = await startWorkerd({
    code: await bundleWorker("bare.ts"),
    env: {
      BARE: { type: "durable-object", worker: WORKER_NAME, exportName: "BareObject" },
      WORKER_URL: { type: "text", value: workerUrl },
    },
    exports: { BareObject: { type: "durable-object", storage: "sqlite" } },
  });
  return {
    name: "bare",
    label: "bare Durable Object",
    prepare: () => Promise.resolve(),
    async run(work) {
      const { runId, total } = (await expectJson(RUN_REPLY, "POST", host.url, work)).body;
      assertTotal("bare", work, total, expectedTotal(work));
      return { work, runId };
    },
    async verify({ work, runId }) {
      const { steps } = (await expectJson(COUNT_REPLY, "GET", new URL(`/?run=${runId}`, host.url))).body;
      assertTotal("bare", work, steps, stepCount(work));
    },
    stop: () => host.stop(),
  };
}
