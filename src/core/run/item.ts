/** An item's life: activated when there is room, ended when its output can be told and all it started has settled. */
import type { TaskError } from "../../protocol/task-error.ts";
import { evaluate } from "../expression/index.ts";
import type { Value } from "../ports/value.ts";
import { boundResult } from "./bound-result.ts";
import { stopItem } from "./close-run.ts";
import { errorValue } from "./error-value.ts";
import { nodeAt } from "./evolve.ts";
import { itemScope } from "./item-scope.ts";
import { leaveItem } from "./leave-item.ts";
import { endRunIfDone } from "./run-end.ts";
import type { ItemSchedule } from "./schedule.ts";
import { OUTPUT } from "./schedule.ts";
import { startCompensation } from "./start-compensation.ts";
import type { RunNode } from "./state.ts";
import { activeTasks, TASK_FAILED, TASK_SUCCESS } from "./state.ts";
import { stopIfExceeded } from "./tolerance.ts";
import type { Turn } from "./turn.ts";
import { emit, inline, park } from "./turn.ts";
import { needStep } from "./wait.ts";

/** Starts (or after a load, goes on with) an item: what its output needs, and the steps that must execute. */
export function activateItem(turn: Turn, node: RunNode, index: number): void {
  const item: ItemSchedule = {
    run: node.ordinal,
    item: index,
    needed: new Uint8Array(node.plan.steps.length),
    waiters: new Map(),
    open: new Map(),
    outstanding: 0,
    outputReady: false,
  };
  const items = turn.schedule.items.get(node.ordinal) ?? new Map<number, ItemSchedule>();
  turn.schedule.items.set(node.ordinal, items.set(index, item));
  armItem(turn, node, index);
  for (const step of node.plan.mustExecute) needStep(turn, item, step);
  turn.schedule.agenda.push({ kind: "open_phase", item, owner: OUTPUT, phase: "input" });
}

/** Starts the item's time, or goes on with it. */
function armItem(turn: Turn, node: RunNode, item: number): void {
  const { itemTimeoutMs } = node.plan.flow;
  if (itemTimeoutMs === undefined) return;
  const state = node.items.get(item);
  const before = state?.kind === "active" ? state.deadlineAt : undefined;
  const at = before ?? turn.now + itemTimeoutMs;
  if (before === undefined) emit(turn, { kind: "item_started", run: node.ordinal, item, deadlineAt: at });
  turn.schedule.timers.push({ kind: "item_deadline", at, run: node.ordinal, item });
}

export function finishItem(turn: Turn, item: ItemSchedule): void {
  const node = nodeAt(turn.tree, item.run);
  if (item.outstanding > 0) return;
  const result = itemResult(turn, node, item.item);
  if (result.kind === "not_resident") {
    park(turn, { kind: "finish_item", item }, result.blobs);
    return;
  }
  endItem(turn, node, item.item, result);
}

export type ItemEnd =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "row"; readonly seq: number }
  /** `expired`: its time, or its run's, was up. */
  | { readonly kind: "failed"; readonly error: TaskError; readonly expired?: true }
  | { readonly kind: "skipped" };

/** Writes an item's terminal event and gives up its place; what a failed one has done is undone first. */
export function endItem(turn: Turn, node: RunNode, item: number, end: ItemEnd): void {
  // Nothing is under way when an item comes to its end by itself, but it may be ended from outside.
  stopItem(turn, node, item);
  if (end.kind === "failed") {
    const { error, expired } = end;
    if (startCompensation(turn, node, item, { reason: "failed", error, ...(expired && { expired }) })) return;
  }
  const event = { kind: "item_completed", run: node.ordinal, item } as const;
  switch (end.kind) {
    case "value":
      emit(turn, { ...event, outcome: "success" }, end.value);
      break;
    case "row":
      emit(turn, { ...event, outcome: "success", from: end.seq });
      break;
    case "failed":
      emit(turn, { ...event, outcome: "failed", ...(end.expired && { expired: true }) }, errorValue(end.error));
      break;
    case "skipped":
      emit(turn, { ...event, outcome: "skipped" });
      break;
  }
  if (turn.schedule.items.get(node.ordinal)?.delete(item)) leaveItem(turn, node);
  else {
    stopIfExceeded(turn, node);
    endRunIfDone(turn, node);
  }
}

type ItemResult = ItemEnd | Extract<ReturnType<typeof evaluate>, { kind: "not_resident" }>;

/** The output decides, but a failed step that must execute fails the item (decisions.md, Failures). */
function itemResult(turn: Turn, node: RunNode, item: number): ItemResult {
  const tasks = activeTasks(node, item);
  const scope = itemScope(turn, node, item);
  const failed = node.plan.mustExecute.find((step) => tasks?.status[step] === TASK_FAILED);
  const { outputStep } = node.plan;
  if (failed === undefined && outputStep !== undefined && tasks?.status[outputStep] === TASK_SUCCESS) {
    return { kind: "row", seq: tasks.valueSeq[outputStep] ?? 0 };
  }
  const result = evaluate(node.plan.output.expression, scope);
  if (failed !== undefined && (result.kind === "value" || result.kind === "skipped")) {
    const view = scope.step(node.plan.steps[failed]?.step.id ?? "");
    if (view.kind === "failed") {
      const error = view.readError();
      return error.kind === "value" ? { kind: "failed", error: error.value } : error;
    }
  }
  switch (result.kind) {
    case "value": {
      const bound = boundResult(inline(result.value), turn.settings.maxResultBytes);
      return bound.kind === "success" ? { kind: "value", value: bound.value } : bound;
    }
    case "skipped":
      return { kind: "skipped" };
    case "failed":
    case "not_resident":
      return result;
  }
}
