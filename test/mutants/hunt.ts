/** Plays seeds and the sweep until something breaks a rule: exits with 1 and says what did, or with 0 if nothing does. */
import { parseArgs } from "node:util";
import { playChunks } from "../simulation/chunk-world.ts";
import { playSeed } from "../simulation/play-seed.ts";
import { readCorpus } from "../sweep/corpus.ts";
import { sweep } from "../sweep/sweep.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "3000" } } });
/** The cheapest first: most bugs do not survive a few hundred seeds. */
const FIRST_SEEDS = 300;
const CHUNK_SEEDS = 200;

async function playSeeds(from: number, to: number): Promise<void> {
  for (let seed = from; seed <= to; seed++) {
    const { failure } = await playSeed(seed);
    if (failure !== undefined) caught(`seed ${seed}`, failure.replace(/^seed \d+: /, ""));
  }
}

async function playChunkSeeds(): Promise<void> {
  for (let seed = 1; seed <= CHUNK_SEEDS; seed++) {
    const failure = await playChunks(seed).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (failure !== undefined) caught(`chunks, seed ${seed}`, failure);
  }
}

async function playSweep(): Promise<void> {
  for (const flow of readCorpus().flows) {
    const { failures } = await sweep(flow, 256);
    const [first] = failures;
    if (first !== undefined) caught(`sweep of ${flow.name}`, first);
  }
}

function caught(by: string, failure: string): never {
  console.log(JSON.stringify({ by, failure: failure.split("\n")[0]?.slice(0, 160) }));
  process.exit(1);
}

await playSeeds(1, FIRST_SEEDS);
await playChunkSeeds();
await playSweep();
await playSeeds(FIRST_SEEDS + 1, Number(values.seeds));
