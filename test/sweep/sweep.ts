/**
 * Plays a flow once without a fault, then once for every single fault at every single place, and compares. A crash, a reply that
 * comes twice and a storage that says no leave no trace in the results. A reply that is lost or late is a TIMEOUT: the results
 * are what the naive interpreter says then, which is the same as without it wherever another attempt is made.
 */

import type { Json } from "../../src/protocol/json.ts";
import { comparable } from "../simulation/comparable.ts";
import type { DerivationChoice } from "../simulation/derived-run.ts";
import { deriveScenario } from "../simulation/derived-run.ts";
import { NO_FAULTS, type SingleFault } from "../simulation/fault-plan.ts";
import { Prng } from "../simulation/prng.ts";
import type { Scenario } from "../simulation/simulation.ts";
import { Simulation } from "../simulation/simulation.ts";
import type { SweepFlow } from "./sweep-flow.ts";

export interface SweepReport {
  readonly flow: string;
  readonly points: number;
  /** Of these, how many came to other results, as the flow's `onError` has it for a TIMEOUT. */
  readonly timedOut: number;
  readonly failures: readonly string[];
}

/** `eventsPerTurn` 1: every row is a write of its own. */
export async function sweep(flow: SweepFlow, eventsPerTurn: number): Promise<SweepReport> {
  const faultless = await play(flow, eventsPerTurn, undefined);
  if (faultless.failure !== undefined) {
    return {
      flow: flow.name,
      points: 0,
      timedOut: 0,
      failures: [`${flow.name}, without a fault: ${faultless.failure}`],
    };
  }
  const faults = singleFaults(faultless.writes, faultless.calls);
  const failures: string[] = [];
  let timedOut = 0;
  for (const fault of faults) {
    const played = await play(flow, eventsPerTurn, fault);
    const isSame = played.results === faultless.results;
    const mayTimeOut = fault.kind === "drop_reply" || fault.kind === "late_reply";
    const failure =
      played.failure ?? (isSame || mayTimeOut ? undefined : `came to ${played.results}, not ${faultless.results}`);
    if (failure !== undefined) failures.push(`${flow.name}, ${JSON.stringify(fault)}: ${failure}`);
    else if (!isSame) timedOut += 1;
  }
  return { flow: flow.name, points: faults.length, timedOut, failures };
}

function singleFaults(writes: number, calls: number): SingleFault[] {
  const faults: SingleFault[] = [];
  for (let write = 0; write < writes; write++) {
    for (const kind of ["crash_before", "crash_after", "storage_error"] as const) faults.push({ kind, write });
  }
  for (let call = 0; call < calls; call++) {
    for (const kind of ["drop_reply", "duplicate_reply", "late_reply"] as const) faults.push({ kind, call });
  }
  return faults;
}

interface Played {
  readonly results: string;
  readonly writes: number;
  readonly calls: number;
  readonly failure: string | undefined;
}

async function play(flow: SweepFlow, eventsPerTurn: number, single: SingleFault | undefined): Promise<Played> {
  const { cancelAfterMs, derive } = flow.world;
  const scenario = scenarioOf(flow, eventsPerTurn, single);
  try {
    const simulation = new Simulation(
      derive ? await derived(scenarioOf(flow, eventsPerTurn, undefined), scenario, derive) : scenario,
    );
    await simulation.play();
    simulation.judge();
    const results = cancelAfterMs === undefined ? JSON.stringify(comparable(simulation.results() as Json)) : "";
    return { results, writes: simulation.writes, calls: simulation.calls, failure: undefined };
  } catch (error) {
    const failure = error instanceof Error && error.name !== "SimulationFailure" ? error.stack : String(error);
    return { results: "", writes: 0, calls: 0, failure: failure ?? "" };
  }
}

async function derived(undisturbed: Scenario, scenario: Scenario, choice: DerivationChoice): Promise<Scenario> {
  const first = new Simulation(undisturbed);
  await first.play();
  first.judge();
  return deriveScenario(first, scenario, choice);
}

function scenarioOf(
  { flow, inputs, variables, world, worker }: SweepFlow,
  eventsPerTurn: number,
  single: SingleFault | undefined,
): Scenario {
  const { blobCharacters = 1_000_000, valueCacheBytes = 1_000_000, cancelAfterMs, holds = [], signals } = world;
  const { maxConcurrency } = flow;
  return {
    run: {
      flow,
      inputs,
      variables,
      maxConcurrency: typeof maxConcurrency === "number" ? maxConcurrency : 10,
      isBounded: flow["timeout"] !== undefined || flow["itemTimeout"] !== undefined,
    },
    prng: new Prng(1),
    faults: {
      ...NO_FAULTS,
      handOver: world.handOver ? 1 : 0,
      progress: world.progress ? 1 : 0,
      cancelsAfterMs: cancelAfterMs === undefined ? [] : [cancelAfterMs],
      ...(single && { single }),
    },
    limits: { eventsPerTurn, valueCacheBytes, blobCharacters, maxResends: 5 },
    holds,
    transportMaxRetries: 3,
    worker,
    ...(signals && { signals }),
  };
}
