import type { BenchCase, Effort } from "./cases/case.ts";
import type { HttpWorker } from "./http-worker.ts";
import type { Peer, PeerName } from "./peer.ts";

/** All figures of one metric: by peer, one per round. A peer that failed the case has a reason instead. */
export interface CaseResult {
  readonly benchCase: BenchCase;
  readonly samples: ReadonlyMap<string, ReadonlyMap<PeerName, readonly number[]>>;
  readonly failures: ReadonlyMap<PeerName, string>;
}

/**
 * Runs one case on all peers in turns (ABCD, BCDA, …), so that a noisy minute of the machine hits all of them. A peer whose
 * answer is wrong is out of the case: nothing of it is counted.
 */
export async function measureCase(
  benchCase: BenchCase,
  peers: readonly Peer[],
  effort: Effort,
  worker: HttpWorker,
): Promise<CaseResult> {
  const samples = new Map(benchCase.metrics.map(({ id }) => [id, new Map<PeerName, number[]>()]));
  const failures = new Map<PeerName, string>();

  async function attempt(peer: Peer, action: () => Promise<void>): Promise<void> {
    if (failures.has(peer.name)) return;
    try {
      await action();
    } catch (error) {
      failures.set(peer.name, error instanceof Error ? error.message : String(error));
      for (const byPeer of samples.values()) byPeer.delete(peer.name);
    }
  }

  for (const peer of peers) await attempt(peer, () => benchCase.warmUp(peer, effort));
  for (let round = 0; round < benchCase.rounds(effort); round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      const peer = peers[(round + turn) % peers.length];
      if (peer === undefined) continue;
      await attempt(peer, async () => {
        for (const [metric, value] of Object.entries(await benchCase.measure(peer, effort, worker))) {
          const byPeer = samples.get(metric);
          const values = byPeer?.get(peer.name) ?? [];
          byPeer?.set(peer.name, [...values, value]);
        }
      });
    }
  }
  return { benchCase, samples, failures };
}
