import { expect, it } from "vitest";
import { playChunks } from "./chunk-world.ts";

const SEEDS = 1_000;

it("SIM-1 RUN-173 RUN-174 RUN-175 RUN-176 whatever is lost or doubled between a run and its chunks, it comes to what its flow says", async () => {
  let [chunks, losses] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const played = await playChunks(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    chunks += played.chunks;
    losses += played.losses;
  }
  expect(chunks).toBeGreaterThan(SEEDS);
  expect(losses).toBeGreaterThan(SEEDS / 2);
});
