/** A flow of the sweep: what is run, in what kind of world, and what its workers say. */

import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { DerivationChoice } from "../simulation/derived-run.ts";
import type { Hold } from "../simulation/holds.ts";
import type { ScriptedSignal } from "../simulation/signal-world.ts";
import type { Verdict } from "../simulation/worker-verdict.ts";

export interface SweepFlow {
  readonly name: string;
  /** Canonical document. */
  readonly flow: JsonObject;
  readonly inputs: readonly Json[];
  readonly variables: JsonObject;
  readonly world: SweepWorld;
  readonly worker: (component: string, input: Json, retry: number) => Verdict;
}

/** `metadata.sweep` of a flow under `test/sweep/flows`. */
export interface SweepWorld {
  readonly blobCharacters?: number;
  readonly valueCacheBytes?: number;
  /** Workers take every attempt over. */
  readonly handOver?: boolean;
  /** Its results depend on when it comes: they are not compared. */
  readonly cancelAfterMs?: number;
  readonly holds?: readonly Hold[];
  /** Instead of whoever answers each wait. */
  readonly signals?: readonly ScriptedSignal[];
  /** Workers tell of each attempt how far it has come. */
  readonly progress?: boolean;
  /** The run that is swept is derived from one that came to its end undisturbed. */
  readonly derive?: DerivationChoice;
}
