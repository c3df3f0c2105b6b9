/** Sub-runs: started by a component (`eval`, `map`, `iterate`), run in the same tree and journal, answered to their parent task. */
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { BlobId, FlowId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { FinishedSubRun, SubRunDecision, SubRunRequest } from "../ports/component-resolver.ts";
import { addChunks, chunkSlots } from "./chunk.ts";
import { joinChunkResults } from "./chunk-results.ts";
import { completeTask } from "./complete-task.ts";
import { boundsField, type ComponentBounds, narrowed } from "./component-bounds.ts";
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { endRunIfDone } from "./run-end.ts";
import { MAX_RUNS_PER_TREE, withOrdinal } from "./run-id.ts";
import type { Agendum } from "./schedule.ts";
import type { Attempt } from "./settle-attempt.ts";
import { settleOutcome } from "./settle-attempt.ts";
import type { RunNode } from "./state.ts";
import { activeTask, isPaused } from "./state.ts";
import { prepareSubFlow } from "./sub-flow.ts";
import { stepAt, taskInput } from "./task.ts";
import { hasExceeded, maxFailuresOf, tooManyFailures } from "./tolerance.ts";
import type { Turn } from "./turn.ts";
import { emit, inline, park } from "./turn.ts";

/** Carries out what a sub-run component decided in a round of its task; `again` does the same once a blob has come. */
export function startSubRun(
  turn: Turn,
  task: TaskAddress,
  attempt: Attempt,
  decision: SubRunDecision,
  { round, again }: { readonly round: number; readonly again: Agendum },
): void {
  if (decision.kind === "done") {
    settleOutcome(turn, task, attempt, decision.outcome);
    return;
  }
  if (isPaused(turn.tree)) {
    turn.schedule.held.push(again);
    return;
  }
  const parent = nodeAt(turn.tree, task.run);
  if (parent.depth + 1 > turn.settings.maxDepth) {
    fail(turn, task, attempt, {
      code: "ORCHESTRATOR_ERROR",
      message: `sub-runs are nested more than maxDepth (${turn.settings.maxDepth}) deep`,
    });
    return;
  }
  if (turn.tree.runs.length >= MAX_RUNS_PER_TREE) {
    const message = `a run tree holds at most ${MAX_RUNS_PER_TREE} runs, and this one is full`;
    fail(turn, task, attempt, { code: "ORCHESTRATOR_ERROR", message });
    return;
  }
  const { allowComponents: own } = decision.request;
  const bounds = narrowed(parent.allowComponents ?? [], own ? [own] : []);
  const flow = prepareSubFlow(turn, decision.request, bounds);
  switch (flow.kind) {
    case "not_resident":
      park(turn, again, flow.blobs);
      return;
    case "invalid":
      fail(turn, task, attempt, flow.error);
      return;
    case "ready":
      create(turn, task, round, decision.request, { ...flow, bounds });
  }
}

function create(
  turn: Turn,
  parent: TaskAddress,
  round: number,
  request: SubRunRequest,
  flow: {
    readonly flowId: FlowId;
    readonly planId: FlowId;
    readonly timeoutMs: number | undefined;
    readonly bounds: ComponentBounds;
    readonly mayUndo: boolean;
  },
): void {
  const run = turn.tree.runs.length;
  const event = {
    kind: "sub_run_created",
    run,
    parent,
    round,
    flowId: flow.flowId,
    planId: flow.planId,
    itemCount: request.inputs.length,
    ownVariables: request.variables !== undefined,
    ...boundsField(flow.bounds),
    ...(request.maxConcurrency !== undefined && { maxActiveItems: request.maxConcurrency }),
    ...maxFailuresOf(request.toleratedFailures, request.inputs.length),
    ...(flow.timeoutMs !== undefined && { deadlineAt: turn.now + flow.timeoutMs }),
  } as const;
  emit(turn, event, request.variables && inline(request.variables));
  // What is done in a chunk's object cannot be undone from here, should the item above fail.
  const mayBeChunked = request.mayBeChunked === true && !flow.mayUndo;
  addItems(turn, nodeAt(turn.tree, run), request.inputs, mayBeChunked);
  scheduleRun(turn, nodeAt(turn.tree, run));
}

/** Writes down the items of a run that was just created; from a threshold on, and where that is allowed, as chunks. */
export function addItems(turn: Turn, node: RunNode, inputs: readonly Json[], mayBeChunked: boolean): void {
  if (mayBeChunked && inputs.length > turn.settings.chunks.from) {
    addChunks(turn, node, inputs);
    return;
  }
  const run = node.ordinal;
  for (const [item, input] of inputs.entries()) emit(turn, { kind: "item_added", run, item }, inline(input));
}

/** Makes a run's items available to the scheduler, and arms its deadline. */
export function scheduleRun(turn: Turn, node: RunNode): void {
  const { sources, timers } = turn.schedule;
  if (node.stopping) {
    endRunIfDone(turn, node);
    return;
  }
  const run = node.ordinal;
  if (node.chunks.length > 0) {
    const active = node.chunks.filter(({ kind }) => kind === "active").length;
    sources.push({ kind: "chunks", run, next: 0, active, limit: chunkSlots(turn, node) });
  } else {
    sources.push({ kind: "items", run, next: 0, active: 0, limit: node.maxActiveItems ?? Number.POSITIVE_INFINITY });
  }
  if (node.deadlineAt !== undefined) timers.push({ kind: "run_deadline", at: node.deadlineAt, run: node.ordinal });
  endRunIfDone(turn, node);
}

/** A sub-run has ended: asks its component what comes next. */
export function continueParent(turn: Turn, run: number): void {
  const child = nodeAt(turn.tree, run);
  const task = child.parent?.task;
  // The item above may have waited for it to be undone.
  if (task && turn.tree.runs[task.run]?.items.get(task.item)?.kind === "compensating")
    turn.schedule.agenda.push({ kind: "compensate", of: { run: task.run, item: task.item } });
  const active = task && activeTask(turn.tree, task);
  if (!task || !child.parent || active?.kind !== "sub_run" || active.child !== run) return;
  const parent = nodeAt(turn.tree, task.run);
  if (parent.status !== "running") return;
  const attempt: Attempt = {
    attempt: active.attempt,
    tries: active.tries,
    componentId: stepAt(turn.tree, task).step.component,
  };
  if (child.status === "cancelled") {
    fail(turn, task, attempt, { code: "CANCELLED", message: `sub-run ${runIdOf(turn, run)} was cancelled` });
    return;
  }
  if (hasExceeded(child)) {
    fail(turn, task, attempt, tooManyFailures(runIdOf(turn, run), child));
    return;
  }
  if (child.chunks.length > 0) {
    endWithChunks(turn, task, attempt, child);
    return;
  }
  const input = taskInput(turn, parent, task);
  const results = collectResults(turn, child);
  const missing = [...(input.kind === "not_resident" ? input.blobs : []), ...results.missing];
  if (missing.length > 0) {
    park(turn, { kind: "continue_parent", run }, missing);
    return;
  }
  const resolution =
    input.kind === "value" ? turn.resolver.resolve(stepAt(turn.tree, task).step.component, input.value) : undefined;
  if (input.kind !== "value" || resolution?.kind !== "sub_run") {
    fail(turn, task, attempt, {
      code: "ORCHESTRATOR_ERROR",
      message: `component ${attempt.componentId} changed while its sub-run was under way`,
    });
    return;
  }
  const finished: FinishedSubRun = { runId: runIdOf(turn, run), results: results.results };
  const next = resolution.component.next(input.value, child.parent.round, finished);
  startSubRun(turn, task, { ...attempt, componentId: resolution.componentId }, next, {
    round: child.parent.round + 1,
    again: { kind: "continue_parent", run },
  });
}

/** The results are put together as text: nobody needs the values of 100,000 items in memory. */
function endWithChunks(turn: Turn, task: TaskAddress, attempt: Attempt, child: RunNode): void {
  const results = joinChunkResults(turn, child);
  switch (results.kind) {
    case "not_resident":
      park(turn, { kind: "continue_parent", run: child.ordinal }, results.blobs);
      return;
    case "failed":
      fail(turn, task, attempt, results.error);
      return;
    case "text":
      completeTask(turn, task, { outcome: "success", value: results }, attempt.attempt);
  }
}

function collectResults(turn: Turn, node: RunNode): { readonly results: FlowResult[]; readonly missing: BlobId[] } {
  const results: FlowResult[] = [];
  const missing: BlobId[] = [];
  for (let index = 0; index < node.itemCount; index++) {
    const item = node.items.get(index);
    if (item?.kind !== "ended") continue;
    if (item.outcome === "skipped") {
      results.push({ outcome: "skipped" });
      continue;
    }
    const read = turn.values.read(item.valueSeq);
    if (read.kind === "not_resident") missing.push(...read.blobs);
    else
      results.push(
        item.outcome === "success"
          ? { outcome: "success", result: read.value }
          : { outcome: "failed", error: asTaskError(read.value) },
      );
  }
  return { results, missing };
}

function asTaskError(value: Json): TaskError {
  return value as unknown as TaskError;
}

function runIdOf(turn: Turn, run: number): string {
  return turn.tree.root ? withOrdinal(turn.tree.root.runId, run) : "";
}

function fail(turn: Turn, task: TaskAddress, attempt: Attempt, error: TaskError): void {
  settleOutcome(turn, task, attempt, { kind: "failed", error });
}
