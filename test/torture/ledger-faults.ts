/** What the worker executed, held against what the journals say and what was killed. */
import { taskOf } from "./ledger.ts";
import type { LedgerLine } from "./ledger-worker.ts";
import type { EndedRun } from "./torture-client.ts";

export interface Kill {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly victim: "orchestrator" | "worker";
}

/** A request that has left may be begun a moment after its sender was killed. */
const SLACK_MS = 2_000;
/** Times that an attempt is sent before it counts as failed, and its retry gets a new key. */
const SENT_AT_MOST = 6;

export function ledgerFaults(
  lines: readonly LedgerLine[],
  runs: readonly EndedRun[],
  kills: readonly Kill[],
): readonly string[] {
  const byTask = Map.groupBy(
    lines.filter(({ kind }) => kind === "began"),
    ({ key }) => taskOf(key),
  );
  const byObjectLines = Map.groupBy(lines, ({ key }) => objectOf(key));
  const byObject = Map.groupBy(byTask.keys(), objectOf);
  return runs.flatMap((run) => {
    const tasks = byObject.get(objectOf(run.runId)) ?? [];
    const faults = tasks.flatMap((task) => taskFaults(task, byTask.get(task) ?? [], run, kills));
    const { workerTasks, sparedTasks = 0, undone } = run.kind;
    if (tasks.length > workerTasks || tasks.length < workerTasks - sparedTasks)
      faults.push(`${tasks.length} tasks were executed instead of ${workerTasks}`);
    if (undone) faults.push(...undoFaults(undone.steps, byObjectLines.get(objectOf(run.runId)) ?? []));
    return faults.map((fault) => `run ${run.runId} (${run.kind.name}): ${fault}`);
  });
}

function taskFaults(
  task: string,
  executions: readonly LedgerLine[],
  { kind, stories }: EndedRun,
  kills: readonly Kill[],
): string[] {
  const story = stories.get(task);
  if (!story || story.completedAt === undefined) return [`${task} was executed and is not completed in the journal`];
  const { attempts, startedAt, completedAt } = story;
  const faults: string[] = [];
  const seen = new Set<number>();
  for (const { attempt, at } of executions) {
    if (seen.has(attempt)) faults.push(`attempt ${attempt} of ${task} was executed twice`);
    seen.add(attempt);
    if (!attempts.has(attempt)) faults.push(`attempt ${attempt} of ${task} is not in the journal`);
    if (at > completedAt)
      faults.push(`attempt ${attempt} of ${task} began ${at - completedAt} ms after the task was completed`);
  }
  const byKey = Map.groupBy(executions, ({ key }) => key);
  for (const [key, same] of byKey) {
    const overlapping = overlappingKills(same, kills).length;
    if (same.length > 1 + overlapping)
      faults.push(`${key} was executed ${same.length} times over ${overlapping} kills`);
  }
  // Not every attempt that was sent came to the worker.
  const killed = kills.filter(({ at }) => at >= startedAt - SLACK_MS && at <= completedAt);
  const ofWorker = killed.filter(({ victim }) => victim === "worker").length;
  // A task taken over may also come to its deadline: its report had nobody to go to.
  const retries = kind.failures + ofWorker + Math.floor(killed.length / (kind.name === "later" ? 1 : SENT_AT_MOST));
  // While the worker is away, every retry fails at once.
  if (ofWorker === 0 && attempts.size > 1 + kind.failures + killed.length)
    faults.push(`${task} had ${attempts.size} attempts over ${killed.length} kills`);
  if (byKey.size > 1 + retries)
    faults.push(`${task} was retried ${byKey.size - 1} times instead of ${retries} at most`);
  return faults;
}

/** Each step is undone once, the last one first, and none is begun before the one before it is done. */
function undoFaults(steps: readonly string[], lines: readonly LedgerLine[]): string[] {
  const faults: string[] = [];
  const began = lines.filter(({ kind, of }) => kind === "began" && of !== undefined);
  const first = new Map(began.toReversed().map(({ key, of }) => [of, taskOf(key)]));
  const order = [...new Set(began.map(({ of }) => of))];
  if (order.join() !== steps.join()) faults.push(`undone were ${order.join()}, not ${steps.join()}`);
  if (new Set(first.values()).size !== first.size || new Set(began.map(({ key }) => taskOf(key))).size !== first.size)
    faults.push("a step was undone by two tasks");
  for (const [index, of] of order.entries()) {
    const before = order[index - 1];
    if (before === undefined) continue;
    const start = lines.findIndex((line) => line.kind === "began" && line.of === of);
    const end = lines.findIndex((line) => line.kind === "ended" && taskOf(line.key) === first.get(before));
    if (end < 0 || start < end) faults.push(`${of} was undone before ${before} was`);
  }
  return faults;
}

/** Kills between the first and the last of these executions. */
function overlappingKills(executions: readonly LedgerLine[], kills: readonly Kill[]): readonly Kill[] {
  const times = executions.map(({ at }) => at);
  const [first, last] = [Math.min(...times) - SLACK_MS, Math.max(...times)];
  return kills.filter(({ at }) => at >= first && at <= last);
}

/** Sub-runs share all but the end of their root's id. */
function objectOf(id: string): string {
  return id.slice(0, 30);
}
