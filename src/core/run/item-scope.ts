import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { Read, Scope, StepView } from "../expression/scope.ts";
import { variableDefault } from "../flow/index.ts";
import type { Engine } from "./engine.ts";
import type { RunNode, TaskTable } from "./state.ts";
import { activeTask, activeTasks, TASK_FAILED, TASK_SKIPPED, TASK_SUCCESS } from "./state.ts";

const PENDING: StepView = { kind: "pending" };
const SKIPPED: StepView = { kind: "skipped" };
const UNKNOWN: StepView = { kind: "unknown" };

/** What the expressions of one item see; with `element`, those of one element of the `foreach` step `step`. */
export function itemScope(
  engine: Engine,
  node: RunNode,
  item: number,
  foreach?: { readonly step: number; readonly element: number },
): Scope {
  const task = foreach && activeTask(engine.tree, { run: node.ordinal, item, step: foreach.step });
  const arraySeq = task?.kind === "foreach" ? task.arraySeq : undefined;
  const element = foreach && { index: foreach.element, arraySeq };
  return scopeOver(engine, node, item, activeTasks(node, item), element);
}

/** The same over whichever statuses of the item's steps. */
export function scopeOver(
  { values }: Pick<Engine, "values">,
  node: RunNode,
  item: number,
  tasks: TaskTable | undefined,
  element: { readonly index: number; readonly arraySeq: number | undefined } | undefined,
): Scope {
  const array = (): Read | undefined => (element?.arraySeq === undefined ? undefined : values.read(element.arraySeq));
  return {
    step(id) {
      const index = node.plan.indexOf.get(id);
      if (index === undefined) return UNKNOWN;
      if (!tasks) return PENDING;
      const seq = tasks.valueSeq[index] ?? 0;
      switch (tasks.status[index]) {
        case TASK_SUCCESS:
          return { kind: "success", read: () => values.read(seq) };
        case TASK_FAILED:
          return { kind: "failed", readError: () => asError(values.read(seq)) };
        case TASK_SKIPPED:
          return SKIPPED;
        default:
          return PENDING;
      }
    },
    input: () => values.read(node.firstItemSeq + item),
    variable(name) {
      if (node.variablesSeq > 0) {
        const given = values.read(node.variablesSeq);
        if (given.kind === "not_resident") return given;
        const value = ownField(given.value, name);
        if (value !== undefined) return { kind: "value", value };
      }
      const value = variableDefault(node.plan.flow, name);
      return value === undefined ? undefined : { kind: "value", value };
    },
    item() {
      const read = array();
      if (read?.kind !== "value" || !element || !Array.isArray(read.value)) return read;
      const value = read.value[element.index];
      return value === undefined ? undefined : { kind: "value", value };
    },
    index: () => element?.index,
    blob: (id) => values.readBlob(id),
  };
}

function asError(read: Read): ReturnType<Extract<StepView, { kind: "failed" }>["readError"]> {
  // The row of a failed task holds the TaskError the engine wrote there.
  return read.kind === "value" ? { kind: "value", value: read.value as unknown as TaskError } : read;
}

function ownField(value: Json, name: string): Json | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
