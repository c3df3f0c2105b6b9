import type { Work } from "../work.ts";
import { type BenchCase, type CaseId, timedRun } from "./case.ts";

const STEPS = 100;

/** A chain of 100 steps, from the request that starts the run to the reply with its result, per step. */
function chain(id: CaseId, step: "noop" | "http", title: string): BenchCase {
  const work: Work = { kind: "chain", step, steps: STEPS };
  return {
    id,
    title,
    metrics: [{ id: "step", label: `${STEPS} ${step} steps in a row`, unit: "ms/step", better: "lower" }],
    rounds: ({ rounds }) => rounds,
    async warmUp(peer, { quick }) {
      await peer.prepare(work);
      for (let run = 0; run < (quick ? 3 : 8); run++) await peer.verify(await peer.run(work));
    },
    async measure(peer) {
      return { step: (await timedRun(peer, work)) / STEPS };
    },
  };
}

export const noopChain = chain("a", "noop", "chain of 100 noop steps");
export const httpChain = chain("b", "http", "chain of 100 steps calling an HTTP worker");
