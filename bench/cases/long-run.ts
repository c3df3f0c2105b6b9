import type { HttpWorker } from "../http-worker.ts";
import type { CrashControl, Peer } from "../peer.ts";
import type { Work } from "../work.ts";
import type { BenchCase } from "./case.ts";

const POLL_MS = 20;
const WAIT_MS = 60_000;
/** The run that is killed is shorter than the long one, for the time of the whole benchmark. */
const KILLED_PART = 0.4;

function gap(arrivals: readonly number[], from: number, to: number): number {
  const first = arrivals[from];
  const last = arrivals[to];
  if (first === undefined || last === undefined)
    throw new Error(`the HTTP worker saw ${arrivals.length} calls, not ${to + 1}`);
  return (last - first) / (to - from);
}

/** Waits until the worker has seen `count` calls (the poll is coarse: it takes time from the run it watches). */
async function arrived(worker: HttpWorker, count: number): Promise<readonly number[]> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const arrivals = await worker.arrivals();
    if (arrivals.length >= count) return arrivals;
    if (performance.now() > deadline) throw new Error(`only ${arrivals.length} of ${count} calls after ${WAIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Kills the runtime half-way through a run and gives the outage: the longest pause between two calls, as the worker sees it.
 * One call may come twice, the one that was under way; a second one means that a finished step was done again.
 */
async function outageMs(peer: Peer, crash: CrashControl, steps: number, worker: HttpWorker): Promise<number> {
  const work: Work = { kind: "chain", step: "http", steps };
  await peer.prepare(work);
  await worker.reset();
  const runId = await crash.begin(work);
  await arrived(worker, steps / 2);
  await crash.kill();
  await crash.finish(work, runId);
  const arrivals = await worker.arrivals();
  if (arrivals.length > steps + 1) throw new Error(`${arrivals.length} calls for ${steps} steps after one kill`);
  const pauses = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? at));
  return Math.max(...pauses);
}

/** A run of 10,000 HTTP steps in a row: does a step cost more the longer the run is, and what does a crash cost? */
export const longRun: BenchCase = {
  id: "f",
  title: "a run of 10,000 HTTP steps in a row (2,000 with --quick)",
  metrics: [
    { id: "first", label: "long run: its first tenth", unit: "ms/step", better: "lower" },
    { id: "last", label: "long run: its last tenth", unit: "ms/step", better: "lower" },
    { id: "growth", label: "long run: last tenth / first", unit: "×", better: "lower" },
    { id: "outage", label: "kill half-way: pause of the calls", unit: "ms", better: "lower" },
    { id: "load", label: "restart: load the finished run", unit: "ms", better: "lower" },
    { id: "idle", label: "restart: a request without a run", unit: "ms", better: "lower" },
  ],
  rounds: () => 1,
  async warmUp(peer) {
    const short: Work = { kind: "chain", step: "http", steps: 100 };
    await peer.prepare(short);
    for (let run = 0; run < 3; run++) await peer.run(short);
  },
  async measure(peer: Peer, { quick }, worker) {
    const steps = quick ? 2_000 : 10_000;
    const tenth = steps / 10;
    const work: Work = { kind: "chain", step: "http", steps };
    await peer.prepare(work);
    await worker.reset();
    const receipt = await peer.run(work);
    const arrivals = await worker.arrivals();
    if (arrivals.length !== steps) throw new Error(`${peer.name}: ${arrivals.length} calls for ${steps} steps`);
    await peer.verify(receipt);
    const first = gap(arrivals, 0, tenth);
    const last = gap(arrivals, steps - 1 - tenth, steps - 1);
    const figures = { first, last, growth: last / first };
    if (peer.crash === undefined) return figures;
    const outage = await outageMs(peer, peer.crash, steps * KILLED_PART, worker);
    if (peer.crash.load === undefined) return { ...figures, outage };
    await peer.crash.kill();
    const { idleMs, loadMs } = await peer.crash.load(receipt.runId);
    return { ...figures, outage, load: loadMs, idle: idleMs };
  },
};
