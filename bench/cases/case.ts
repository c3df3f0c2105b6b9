import type { HttpWorker } from "../http-worker.ts";
import type { Peer } from "../peer.ts";

export const CASE_IDS = ["a", "b", "c", "d", "e", "f"] as const;
export type CaseId = (typeof CASE_IDS)[number];

export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: "ms" | "ms/step" | "1/s" | "×";
  /** What a better peer has. */
  readonly better: "lower" | "higher";
}

/** How much to do: the whole benchmark or a short look. */
export interface Effort {
  readonly rounds: number;
  readonly quick: boolean;
}

export interface BenchCase {
  readonly id: CaseId;
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** Unmeasured runs, so that code is compiled and connections are open. */
  warmUp(peer: Peer, effort: Effort): Promise<void>;
  /** One round: a figure for each metric the peer can give. */
  measure(peer: Peer, effort: Effort, worker: HttpWorker): Promise<Readonly<Record<string, number>>>;
  /** Rounds of this case when fewer make sense (it is long, or has its repetitions inside). */
  rounds(effort: Effort): number;
}

/** Milliseconds of a run as its caller sees it; whether every step was done is asked after the clock has stopped. */
export async function timedRun(peer: Peer, work: Parameters<Peer["run"]>[0]): Promise<number> {
  const startedAt = performance.now();
  const receipt = await peer.run(work);
  const elapsedMs = performance.now() - startedAt;
  await peer.verify(receipt);
  return elapsedMs;
}
