import { deriveScenario, generateDerivation } from "./derived-run.ts";
import { Prng } from "./prng.ts";
import type { SeedReport } from "./simulation.ts";
import { Simulation, scenarioOf } from "./simulation.ts";

export interface PlayedSeed {
  readonly report: SeedReport;
  /** What went wrong, and the command that shows it again. */
  readonly failure: string | undefined;
}

/** Plays a seed twice: both times every rule must hold, and both journals must be the same. */
export async function playSeed(seed: number): Promise<PlayedSeed> {
  const first = await playOnce(seed);
  if (first.failure) return first;
  const second = await playOnce(seed);
  if (second.failure) return second;
  const [once, again] = [first, second].map(({ report }) => JSON.stringify(report.entries));
  return once === again ? first : { ...second, failure: describe(seed, "played twice, it gives two journals") };
}

async function playOnce(seed: number): Promise<PlayedSeed> {
  const scenario = scenarioOf(seed);
  let simulation = new Simulation(scenario);
  try {
    await simulation.play();
    simulation.judge();
    const choice = generateDerivation(new Prng(seed + 0x30000000), scenario);
    if (!choice) return { report: simulation.report, failure: undefined };
    const { entries } = simulation.report;
    simulation = new Simulation(deriveScenario(simulation, scenario, choice));
    await simulation.play();
    simulation.judge();
    const { report } = simulation;
    return { report: { ...report, entries: [...entries, ...report.entries] }, failure: undefined };
  } catch (error) {
    const reason =
      error instanceof Error ? (error.name === "SimulationFailure" ? error.message : error.stack) : String(error);
    return { report: simulation.report, failure: describe(seed, reason ?? "") };
  }
}

function describe(seed: number, reason: string): string {
  return `seed ${seed}: ${reason}\nplay it again: npm run simulate -- --seeds 1 --from ${seed} --verbose`;
}
