import type { Peer, Receipt } from "../peer.ts";
import type { Work } from "../work.ts";
import { type BenchCase, timedRun } from "./case.ts";

const ONE_STEP: Work = { kind: "one_step" };
const ITEMS = 1_000;
const BATCH: Work = { kind: "batch", items: ITEMS };
const CHAIN_STEPS = 100;
const CHAIN: Work = { kind: "chain", step: "noop", steps: CHAIN_STEPS };
const CALLERS = 16;
const VERIFIED_EACH = 20;

/** Runs `count` runs with `CALLERS` callers, each starting its next run when the last is done; gives runs per second. */
async function closedLoop(peer: Peer, work: Work, count: number): Promise<number> {
  const receipts: Receipt[] = [];
  let started = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (started < count) {
        started++;
        receipts.push(await peer.run(work));
      }
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  if (new Set(receipts.map(({ runId }) => runId)).size !== count) throw new Error(`${peer.name}: two runs share an id`);
  for (let index = 0; index < count; index += VERIFIED_EACH) {
    const receipt = receipts[index];
    if (receipt !== undefined) await peer.verify(receipt);
  }
  return (count * 1_000) / elapsedMs;
}

/** Many small runs, each an object of its own; one run of 1,000 items; and how many built-in steps a busy runtime does. */
export const throughput: BenchCase = {
  id: "d",
  title: `throughput, ${CALLERS} callers in a closed loop`,
  metrics: [
    { id: "runs", label: "one-step runs per second", unit: "1/s", better: "higher" },
    { id: "items", label: `items per second, ${ITEMS.toLocaleString("en")} in one run`, unit: "1/s", better: "higher" },
    { id: "steps", label: "noop steps per second, many runs", unit: "1/s", better: "higher" },
  ],
  rounds: ({ rounds }) => Math.ceil(rounds / 2),
  async warmUp(peer) {
    for (const work of [ONE_STEP, BATCH, CHAIN]) await peer.prepare(work);
    await closedLoop(peer, ONE_STEP, 2 * CALLERS);
    await peer.verify(await peer.run(BATCH));
  },
  async measure(peer, { quick }) {
    const runs = await closedLoop(peer, ONE_STEP, quick ? 100 : 200);
    const items = (ITEMS * 1_000) / (await timedRun(peer, BATCH));
    const steps = CHAIN_STEPS * (await closedLoop(peer, CHAIN, quick ? 16 : 32));
    return { runs, items, steps };
  },
};
