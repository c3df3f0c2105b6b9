import type { RunId, TaskId } from "../../protocol/ids.ts";
import { evaluate } from "../expression/index.ts";
import type { Evaluation, Scope } from "../expression/scope.ts";
import type { PlanStep } from "../plan/index.ts";
import type { Engine } from "./engine.ts";
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import { itemScope } from "./item-scope.ts";
import { ordinalOf, withOrdinal } from "./run-id.ts";
import type { RunNode, RunTree } from "./state.ts";
import { completionOf } from "./undo.ts";
import { undoInput } from "./undo-input.ts";

export function stepAt(tree: RunTree, task: TaskAddress): PlanStep {
  const of = task.undo ? completionOf(tree, task) : task;
  const planned = of && tree.runs[of.run]?.plan.steps[of.step];
  const step = task.undo ? planned?.compensate : planned;
  if (!step) throw new EngineFault("unknown_address", `run ${task.run} has no step ${task.step}`);
  return step;
}

/** The resolved input of a task; the same as often as it is asked for, since what it refers to has settled. */
export function taskInput(engine: Engine, node: RunNode, task: TaskAddress): Evaluation {
  const { expression } = stepAt(engine.tree, task).input;
  return task.undo ? undoInput(engine, task, expression) : evaluate(expression, taskScope(engine, node, task));
}

/** What the input of a task sees. */
export function taskScope(engine: Engine, node: RunNode, task: TaskAddress): Scope {
  const foreach = task.element === undefined ? undefined : { step: task.step, element: task.element };
  return itemScope(engine, node, task.item, foreach);
}

/** `<run id>/<item>/<step>[/<element>]`, by indices; `<run id>/<item>/undo/<n>` for a compensation. */
export function taskIdOf({ root }: Pick<RunTree, "root">, task: TaskAddress): TaskId {
  if (!root) throw new EngineFault("unknown_address", "a task before its run was created");
  const element = task.element === undefined ? "" : `/${task.element}`;
  const undo = task.undo ? "undo/" : "";
  return `${withOrdinal(root.runId, task.run)}/${task.item}/${undo}${task.step}${element}` as TaskId;
}

/** The run a task belongs to. */
export function runIdOfTask(taskId: TaskId): RunId {
  return taskId.slice(0, taskId.indexOf("/")) as RunId;
}

/** The reverse of `taskIdOf`. */
export function taskAddressOf(taskId: TaskId): TaskAddress {
  const [first, second, third] = taskId.split("/").slice(1);
  const [run, item] = [ordinalOf(runIdOfTask(taskId)), Number(first)];
  if (second === "undo") return { run, item, step: Number(third), undo: true };
  const [step, element] = [Number(second), third === undefined ? undefined : Number(third)];
  return { run, item, step, ...(element !== undefined && { element }) };
}
