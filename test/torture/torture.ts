/**
 * The real thing: the built Worker in workerd on a folder, a worker in a process of its own, and SIGKILL for both at random
 * moments while runs go on. Owns both processes and the folder, on loopback only. Clients keep so many runs alive; each run that
 * has ended is held against its journal, and at the end every execution in the worker's ledger against journals and kills.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbeddedRuntime } from "../../src/cli/runtime/embedded-runtime.ts";
import { freePort } from "../../src/cli/runtime/free-port.ts";
import { Prng } from "../simulation/prng.ts";
import { childrenRunning, killAndWait, startScript } from "./child-process.ts";
import { readLedger, taskOf, unansweredTasks } from "./ledger.ts";
import { type Kill, ledgerFaults } from "./ledger-faults.ts";
import { Quiet } from "./quiet.ts";
import { type EndedRun, TortureClient } from "./torture-client.ts";

export interface TortureOptions {
  /** Kills of the orchestrator; about every sixth takes the worker along. */
  readonly kills: number;
  /** Runs that are alive at any time. */
  readonly runs: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface TortureReport {
  readonly kills: number;
  readonly workerKills: number;
  readonly runs: number;
  /** Worker tasks that were begun, and how many of them more than once. */
  readonly tasks: number;
  readonly repeated: number;
  /** For each call that was lost with a measured kill: milliseconds from the port's answer until it came again, ascending. */
  readonly recoveriesMs: readonly number[];
  readonly violations: readonly string[];
}

const WORKER = fileURLToPath(new URL("ledger-worker.ts", import.meta.url));
/** Every so many kills, nobody touches the orchestrator until every call that was lost has come again. */
const MEASURE_EVERY = 10;
/** Until most runs have calls under way. */
const BUSY_PATIENCE_MS = 5_000;
/** Until all lost calls have come again. */
const MEASURE_PATIENCE_MS = 15_000;
/** For everything that is asked of an orchestrator that may just have been killed. */
const PATIENCE_MS = 60_000;

export async function torture({ kills, runs, seed, log }: TortureOptions): Promise<TortureReport> {
  const prng = new Prng(seed);
  const folder = await mkdtemp(join(tmpdir(), "stepflow-torture-"));
  const ledger = join(folder, "ledger.jsonl");
  const workerPort = String(await freePort());
  let worker = await startScript(WORKER, [workerPort, ledger]);
  const before = childrenRunning("workerd");
  const orchestrator = await startEmbeddedRuntime({
    configText: configText(workerPort),
    serviceWorkers: [],
    stateDirectory: join(folder, "state"),
    verbose: false,
  });
  const quiet = new Quiet();
  const client = new TortureClient(orchestrator.url, quiet, PATIENCE_MS);
  const done: Kill[] = [];
  const recoveriesMs: number[] = [];
  const violations: string[] = [];
  const killOrchestrator = async (): Promise<number> => {
    const victims = childrenRunning("workerd").filter((pid) => !before.includes(pid));
    if (victims.length === 0) throw new Error("there is no workerd to kill");
    const at = Date.now();
    for (const pid of victims) process.kill(pid, "SIGKILL");
    done.push({ at, victim: "orchestrator" });
    await client.health();
    return at;
  };
  const killWorker = async (): Promise<void> => {
    done.push({ at: Date.now(), victim: "worker" });
    await killAndWait(worker);
    await pause(prng.between(0, 300));
    worker = await startScript(WORKER, [workerPort, ledger]);
  };
  /** Nobody but its alarm wakes a run now. */
  const measuredKill = async (): Promise<void> => {
    await until(BUSY_PATIENCE_MS, () => runsOf(unansweredTasks(readLedger(ledger), Date.now())).size >= runs * 0.7);
    await quiet.during(async () => {
      const at = await killOrchestrator();
      const backAt = Date.now();
      const lost = unansweredTasks(readLedger(ledger), at);
      // The client that would resume them is quiet, too.
      for (const task of lost) if (client.held.has(task.slice(0, task.indexOf("/")))) lost.delete(task);
      log(`${lost.size} calls of ${runsOf(lost).size} runs lost, the port answers after ${backAt - at} ms`);
      const again = (): Map<string, number> => beganAfter(readLedger(ledger), at);
      const isBack = await until(MEASURE_PATIENCE_MS, () => {
        const seen = again();
        return [...lost].every((task) => seen.has(task));
      });
      const seen = again();
      for (const task of lost) {
        const began = seen.get(task);
        if (began !== undefined) recoveriesMs.push(Math.max(0, began - backAt));
        else if (!isBack)
          violations.push(`${task} was lost at ${at} and had not come again after ${MEASURE_PATIENCE_MS} ms`);
      }
    });
  };
  try {
    const stop = new AbortController();
    const clients = client.keepRunning(runs, stop.signal);
    // Whoever fails tells it at the end; until then nobody is listening.
    clients.catch(() => stop.abort());
    for (let kill = 1; kill <= kills && !stop.signal.aborted; kill++) {
      if (kill % MEASURE_EVERY === 0) await measuredKill();
      else {
        await pause(prng.between(50, 2_500));
        await (prng.chance(1 / 6) ? Promise.all([killOrchestrator(), killWorker()]) : killOrchestrator());
      }
      if (kill % 20 === 0) log(`${kill} kills, ${client.ended.length} runs ended`);
    }
    stop.abort();
    await clients;
    const lines = readLedger(ledger);
    violations.push(...client.violations, ...ledgerFaults(lines, client.ended, done));
    const tasks = Map.groupBy(
      lines.filter(({ kind }) => kind === "began"),
      ({ key }) => key,
    );
    return {
      kills: done.filter(({ victim }) => victim === "orchestrator").length,
      workerKills: done.filter(({ victim }) => victim === "worker").length,
      runs: client.ended.length,
      tasks: tasks.size,
      repeated: [...tasks.values()].filter(({ length }) => length > 1).length,
      recoveriesMs: recoveriesMs.toSorted((a, b) => a - b),
      violations,
    };
  } finally {
    await orchestrator.release();
    await killAndWait(worker);
    await rm(folder, { recursive: true, force: true });
  }
}

function runsOf(keys: ReadonlySet<string>): Set<string> {
  return new Set([...keys].map((key) => key.slice(0, KEY_OF_OBJECT)));
}
/** The characters of a run id that sub-runs share. */
const KEY_OF_OBJECT = 30;

/** By task, when its first execution after `at` began. */
function beganAfter(lines: ReturnType<typeof readLedger>, at: number): Map<string, number> {
  const began = new Map<string, number>();
  for (const line of lines)
    if (line.kind === "began" && line.at > at && !began.has(taskOf(line.key))) began.set(taskOf(line.key), line.at);
  return began;
}

async function until(patienceMs: number, holds: () => boolean): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    await pause(100);
  }
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One line for people. */
export function summaryOf(report: TortureReport): string {
  const { kills, workerKills, runs, tasks, repeated, recoveriesMs, violations } = report;
  const at = (share: number) =>
    recoveriesMs[Math.min(recoveriesMs.length - 1, Math.floor(recoveriesMs.length * share))];
  const recovery = `${recoveriesMs.length} lost calls came again after p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
  return `${kills} kills of the orchestrator, ${workerKills} of the worker, ${runs} runs, ${tasks} tasks (${repeated} executed again), ${recovery}: ${violations.length} violations`;
}

export type { EndedRun };

function configText(workerPort: string): string {
  return `
plugins:
  builtin: { type: builtin }
  worker: { type: http, url: "http://127.0.0.1:${workerPort}/", timeout: 60 }
routes:
  /builtin: [{ plugin: builtin }]
  /worker: [{ plugin: worker }]
retry: { transportMaxRetries: 30, backoff: { type: constant, delayMs: 100 } }
`;
}
