import type { Receipt } from "../peer.ts";
import { quantile } from "../statistics.ts";
import type { Work } from "../work.ts";
import type { BenchCase } from "./case.ts";

const WORK: Work = { kind: "one_step" };

/** One caller, one run after the other: from the start request to the reply with the result. */
export const latency: BenchCase = {
  id: "e",
  title: "time from start request to reply, one-step flow, one caller",
  metrics: [
    { id: "p50", label: "start to reply, p50", unit: "ms", better: "lower" },
    { id: "p95", label: "start to reply, p95", unit: "ms", better: "lower" },
  ],
  rounds: ({ rounds }) => rounds,
  async warmUp(peer) {
    await peer.prepare(WORK);
    for (let run = 0; run < 20; run++) await peer.verify(await peer.run(WORK));
  },
  async measure(peer, { quick }) {
    const times: number[] = [];
    const receipts: Receipt[] = [];
    for (let run = 0; run < (quick ? 20 : 50); run++) {
      const startedAt = performance.now();
      receipts.push(await peer.run(WORK));
      times.push(performance.now() - startedAt);
    }
    for (const receipt of receipts) await peer.verify(receipt);
    return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
  },
};
