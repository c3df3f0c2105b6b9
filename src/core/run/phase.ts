/** What happens when everything an expression waits for has settled: the walk of a step from `skip` over `foreach` to its task. */
import { evaluate, isTruthy } from "../expression/index.ts";
import { completeTask } from "./complete-task.ts";
import { nodeAt } from "./evolve.ts";
import { itemScope } from "./item-scope.ts";
import { resumeTask } from "./resume.ts";
import type { ItemSchedule, Phase } from "./schedule.ts";
import { OUTPUT } from "./schedule.ts";
import { activeTask } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit, inline, park } from "./turn.ts";
import { offerFinish, phaseExpression, stepOf } from "./wait.ts";

export function phaseReady(turn: Turn, item: ItemSchedule, owner: number, phase: Phase): void {
  if (owner === OUTPUT) {
    item.outputReady = true;
    offerFinish(turn, item);
    return;
  }
  switch (phase) {
    case "skip":
      decideSkip(turn, item, owner);
      return;
    case "foreach":
      expandForeach(turn, item, owner);
      return;
    case "input":
      offerTask(turn, item, owner);
      return;
  }
}

/** Truthy skips; over a failed or skipped reference it is false (decisions.md, Skip). */
function decideSkip(turn: Turn, item: ItemSchedule, step: number): void {
  const node = nodeAt(turn.tree, item.run);
  const result = evaluate(phaseExpression(node, step, "skip").expression, itemScope(turn, node, item.item));
  if (result.kind === "not_resident") {
    park(turn, { kind: "phase_ready", item, owner: step, phase: "skip" }, result.blobs);
    return;
  }
  if (result.kind === "value" && isTruthy(result.value)) {
    completeTask(turn, { run: item.run, item: item.item, step }, { outcome: "skipped" }, 0);
    return;
  }
  const next = stepOf(node, step)?.foreach ? "foreach" : "input";
  turn.schedule.agenda.push({ kind: "open_phase", item, owner: step, phase: next });
}

function expandForeach(turn: Turn, item: ItemSchedule, step: number): void {
  const node = nodeAt(turn.tree, item.run);
  const task = { run: item.run, item: item.item, step };
  const array = evaluate(phaseExpression(node, step, "foreach").expression, itemScope(turn, node, item.item));
  switch (array.kind) {
    case "not_resident":
      park(turn, { kind: "phase_ready", item, owner: step, phase: "foreach" }, array.blobs);
      return;
    case "failed":
      completeTask(turn, task, { outcome: "failed", error: array.error }, 0);
      return;
    case "skipped":
      completeTask(turn, task, { outcome: "skipped" }, 0);
      return;
    case "value": {
      if (!Array.isArray(array.value)) {
        const message = `foreach needs an array, got ${array.value === null ? "null" : typeof array.value}`;
        completeTask(turn, task, { outcome: "failed", error: { code: "EXPRESSION_FAILURE", message } }, 0);
      } else if (array.value.length === 0) {
        completeTask(turn, task, { outcome: "success", value: inline([]) }, 0);
      } else {
        emit(turn, { kind: "foreach_expanded", ...task, count: array.value.length }, inline(array.value));
        turn.schedule.agenda.push({ kind: "open_phase", item, owner: step, phase: "input" });
      }
    }
  }
}

function offerTask(turn: Turn, item: ItemSchedule, step: number): void {
  const task = { run: item.run, item: item.item, step };
  const active = activeTask(turn.tree, task);
  if (active) resumeTask(turn, task, active);
  else turn.schedule.ready.push(task);
}
