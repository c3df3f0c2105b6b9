import { expect, it } from "vitest";
import { playSeed } from "./play-seed.ts";

/** Seeds of the everyday suite; `npm run simulate` plays as many as one likes. */
const SEEDS = 2_000;
const BATCHES = 8;
const PER_BATCH = SEEDS / BATCHES;

it.each(Array.from({ length: BATCHES }, (_, batch) => batch * PER_BATCH + 1))(
  "SIM-1 SIM-2 SIM-3 SIM-4 SIM-5 SIM-9 whatever happens to it, a run keeps the rules and comes to what its flow says (seeds from %i)",
  async (from) => {
    for (let seed = from; seed < from + PER_BATCH; seed++) {
      const { failure } = await playSeed(seed);
      expect(failure).toBeUndefined();
    }
  },
);
