import type { Work } from "./work.ts";

export const PEER_NAMES = ["ours", "bare", "workflows", "restate"] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** A finished run: enough to look afterwards, outside the measured time, whether it did what it says. */
export interface Receipt {
  readonly work: Work;
  readonly runId: string;
}

/** One system under test, started and warm. Every method throws with a reason when the answer is not the right one. */
export interface Peer {
  readonly name: PeerName;
  /** Name and version, for the report. */
  readonly label: string;
  /** Whatever a user of this peer does once, before the first run: storing the flow, registering the service. */
  prepare(work: Work): Promise<void>;
  /** Starts a run and resolves when the peer says that it has ended and its total is right. */
  run(work: Work): Promise<Receipt>;
  /** Asks the peer's own records whether every step of the run was done. */
  verify(receipt: Receipt): Promise<void>;
  /** Absent: a killed runtime does not go on by itself with this peer. */
  readonly crash?: CrashControl;
  stop(): Promise<void>;
}

export interface CrashControl {
  /** Starts a run and resolves when it is accepted, with its id. */
  begin(work: Work): Promise<string>;
  /** SIGKILLs the runtime; it comes back on the same storage without being asked, or is started at once. */
  kill(): Promise<void>;
  /** Resolves when the run has ended right. */
  finish(work: Work, runId: string): Promise<void>;
  /** Right after a restart: milliseconds of a request that names no run, then of the first one that needs the run's state. */
  readonly load?: (runId: string) => Promise<{ readonly idleMs: number; readonly loadMs: number }>;
}

export function assertTotal(peer: PeerName, work: Work, total: unknown, expected: number): void {
  if (total !== expected) {
    throw new Error(`${peer}: a ${work.kind} run ended with ${JSON.stringify(total)} instead of ${expected}`);
  }
}
