import type { Work } from "../work.ts";
import { type BenchCase, timedRun } from "./case.ts";

const NARROW: Work = { kind: "fan_out", steps: 100 };
const WIDE: Work = { kind: "fan_out", steps: 500 };
const SLOW_MS = 1_000;

/** Independent HTTP steps, all in flight at once: from the start request to the reply with the sum of all outputs. */
export const fanOut: BenchCase = {
  id: "c",
  title: "fan-out of parallel HTTP steps",
  metrics: [
    { id: "narrow", label: "100 parallel HTTP steps", unit: "ms", better: "lower" },
    { id: "wide", label: "500 parallel HTTP steps", unit: "ms", better: "lower" },
    { id: "slow", label: "500 parallel HTTP steps of 1 s each", unit: "ms", better: "lower" },
  ],
  rounds: ({ rounds }) => rounds,
  async warmUp(peer, { quick }) {
    for (const work of [NARROW, WIDE]) {
      await peer.prepare(work);
      for (let run = 0; run < (quick ? 1 : 2); run++) await peer.verify(await peer.run(work));
    }
  },
  async measure(peer, _effort, worker) {
    return {
      narrow: await timedRun(peer, NARROW),
      wide: await timedRun(peer, WIDE),
      slow: await worker.delayed(SLOW_MS, () => timedRun(peer, WIDE)),
    };
  },
};
