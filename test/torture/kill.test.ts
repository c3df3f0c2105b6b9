/**
 * The real thing: the built Worker in workerd on a folder, a worker in a process of its own, and SIGKILL. Whatever is killed
 * at whatever moment, what was acknowledged is done, with the right result, and what was done is not done again.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startEmbeddedRuntime } from "../../src/cli/runtime/embedded-runtime.ts";
import { freePort } from "../../src/cli/runtime/free-port.ts";
import type { RunEventMessage } from "../../src/protocol/event.ts";
import type { RunSummary } from "../../src/protocol/run.ts";
import { Prng } from "../simulation/prng.ts";
import { childrenRunning, killAndWait, startScript } from "./child-process.ts";
import type { Execution } from "./ledger-worker.ts";
import type { TortureFlow } from "./torture-flows.ts";
import { TORTURE_FLOWS } from "./torture-flows.ts";

const RUNS = 50;
const KILLS = Number(process.env["STEPFLOW_TORTURE_KILLS"] ?? 6);
const SEED = Number(process.env["STEPFLOW_TORTURE_SEED"] ?? Date.now() % 1_000_000);
const WORKER = fileURLToPath(new URL("ledger-worker.ts", import.meta.url));
/** For everything that is asked of an orchestrator that may just have been killed. */
const PATIENCE_MS = 30_000;

interface Submitted {
  readonly runId: string;
  readonly kind: TortureFlow;
  readonly x: number;
}

test(
  `L6 loses nothing and does nothing twice over ${KILLS} kills of the orchestrator and one of the worker`,
  async () => {
    console.log(`torture: STEPFLOW_TORTURE_KILLS=${KILLS} STEPFLOW_TORTURE_SEED=${SEED}`);
    const prng = new Prng(SEED);
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
    try {
      const submitting = submitAll(orchestrator.url, prng);
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(prng.between(100, 900));
        if (kill === Math.floor(KILLS / 2)) {
          await killAndWait(worker);
          await pause(prng.between(0, 300));
          worker = await startScript(WORKER, [workerPort, ledger]);
        }
        const victims = childrenRunning("workerd").filter((pid) => !before.includes(pid));
        expect(victims).not.toEqual([]);
        for (const pid of victims) process.kill(pid, "SIGKILL");
        await answered(() => fetch(`${orchestrator.url}/api/v1/health`));
      }
      const runs = await submitting;
      expect(new Set(runs.map(({ runId }) => runId)).size).toBe(RUNS);
      const executions = new Map<string, Execution[]>();
      await Promise.all(runs.map((run) => expectRightEnd(orchestrator.url, run)));
      for (const execution of readLedger(ledger)) {
        executions.set(execution.key, [...(executions.get(execution.key) ?? []), execution]);
      }
      for (const run of runs) await expectNothingTwice(orchestrator.url, run, executions);
      const repeated = [...executions.values()].filter(({ length }) => length > 1).length;
      console.log(`torture: ${executions.size} tasks tried, ${repeated} of them sent again after a kill`);
    } finally {
      await orchestrator.release();
      await killAndWait(worker);
      await rm(folder, { recursive: true, force: true });
    }
  },
  60_000 + 8_000 * KILLS,
);

/** Clients that submit while the orchestrator is killed: they ask again, under the same key, until they are answered. */
async function submitAll(url: string, prng: Prng): Promise<readonly Submitted[]> {
  const planned = Array.from({ length: RUNS }, (_, index) => ({
    kind: TORTURE_FLOWS[index % TORTURE_FLOWS.length] as TortureFlow,
    x: index,
    afterMs: prng.between(0, 500 * KILLS),
  }));
  return Promise.all(
    planned.map(async ({ kind, x, afterMs }) => {
      await pause(afterMs);
      const text = await answered(() =>
        fetch(`${url}/api/v1/runs`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": `torture-${x}` },
          body: JSON.stringify({ flow: kind.flow, input: { x } }),
        }),
      );
      const { runId }: RunSummary = JSON.parse(text);
      return { runId, kind, x };
    }),
  );
}

async function expectRightEnd(url: string, { runId, kind, x }: Submitted): Promise<void> {
  const summary = await answered(() => fetch(`${url}/api/v1/runs/${runId}?wait=true&timeoutSecs=20`));
  expect(JSON.parse(summary), kind.name).toMatchObject({ runId, status: "completed", outcome: "success" });
  const items = await answered(() => fetch(`${url}/api/v1/runs/${runId}/items`));
  expect(JSON.parse(items), kind.name).toMatchObject({
    results: [{ result: { outcome: "success", result: kind.result(x) } }],
  });
}

/** The journal has each task completed once; the ledger has each attempt at most once, and none after the completion. */
async function expectNothingTwice(
  url: string,
  { runId, kind }: Submitted,
  executions: ReadonlyMap<string, readonly Execution[]>,
): Promise<void> {
  const events = await readEvents(url, runId);
  expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    [...new Set(events.map(({ sequenceNumber }) => sequenceNumber))].sort((a, b) => a - b),
  );
  const completed = new Map<string, RunEventMessage>();
  for (const event of events) {
    if (event.type !== "step_completed") continue;
    expect(completed.has(taskOf(event)), `${taskOf(event)} completed twice`).toBe(false);
    completed.set(taskOf(event), event);
  }
  const started = events.flatMap((event) =>
    event.type === "step_started" ? [`${taskOf(event)} ${event.attempt}`] : [],
  );
  expect(new Set(started).size).toBe(started.length);
  const keys = [...executions.keys()].filter((key) => key.startsWith(runId.slice(0, -6)));
  expect(new Set(keys.map((key) => key.split(":")[0])).size, `worker tasks of ${kind.name}`).toBe(kind.workerTasks);
  for (const key of keys) {
    const [task = ""] = key.split(":");
    const done = executions.get(key) ?? [];
    const attempts = done.map(({ attempt }) => `${task} ${attempt}`);
    expect(new Set(attempts).size, `${key} ran an attempt twice`).toBe(attempts.length);
    expect(started, `${key} ran an attempt that was not journaled`).toEqual(expect.arrayContaining(attempts));
    // One execution, and at most one more for each kill that took the object in the middle of it.
    expect(done.length, `${key} ran too often`).toBeLessThanOrEqual(1 + KILLS);
    const completion = Date.parse(completed.get(task)?.timestamp ?? "");
    for (const { at, attempt } of done) {
      expect(at, `attempt ${attempt} of ${key} ran after its task was completed`).toBeLessThanOrEqual(completion);
    }
  }
}

/** As the key names it: `<run>/<item>/<step>[/<element>]`. */
function taskOf(event: Extract<RunEventMessage, { stepId: string }>): string {
  const element = event.elementIndex === undefined ? "" : `/${event.elementIndex}`;
  return `${event.runId}/${event.itemIndex}/${event.stepIndex}${element}`;
}

async function readEvents(url: string, runId: string): Promise<readonly RunEventMessage[]> {
  const stream = await answered(() => fetch(`${url}/api/v1/runs/${runId}/events?includeSubRuns=true`));
  return stream
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line): RunEventMessage => JSON.parse(line.slice("data:".length)));
}

function readLedger(path: string): readonly Execution[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line): Execution => JSON.parse(line));
}

/** A killed orchestrator refuses, resets, breaks off or fails for a moment: asks again until there is a whole answer. */
async function answered(ask: () => Promise<Response>): Promise<string> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    let trouble: string;
    try {
      const response = await ask();
      const text = await response.text();
      if (response.ok) return text;
      trouble = `${response.status} ${text}`;
    } catch (error) {
      trouble = String(error);
    }
    if (Date.now() > until) throw new Error(`no answer in ${PATIENCE_MS} ms: ${trouble}`);
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function configText(workerPort: string): string {
  return `
plugins:
  builtin: { type: builtin }
  worker: { type: http, url: "http://127.0.0.1:${workerPort}/", timeout: 10 }
routes:
  /builtin: [{ plugin: builtin }]
  /worker: [{ plugin: worker }]
retry: { transportMaxRetries: 30, backoff: { type: constant, delayMs: 100 } }
`;
}
