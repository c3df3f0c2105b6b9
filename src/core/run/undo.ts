/**
 * What of an item can be undone, and what is to be undone once it has failed or was cancelled. Filled by `evolve` alone; each
 * item knows its own completed steps and the sub-runs below it that have some.
 */
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import type { Completion, ItemState, RunNode, RunTree, TaskTable, Undo } from "./state.ts";
import { activeTask } from "./state.ts";

/** Notes a completed task in its item, and its run in the items above. */
export function noteCompletion(tree: RunTree, task: TaskAddress, seq: number, valueSeq: number): void {
  const { run, item, step, element } = task;
  const owner = element === undefined ? undefined : activeTask(tree, { run, item, step });
  const { completions } = undoAt(tree, run, item);
  completions.push({
    run,
    item,
    step,
    ...(element !== undefined && { element }),
    seq,
    valueSeq,
    ...(owner?.kind === "foreach" && { arraySeq: owner.arraySeq }),
  });
  let node = tree.runs[run];
  // What a compensation does is its own: nothing above it is undone once more.
  while (node?.parent && !node.isUndoable && !node.parent.task.undo) {
    node.isUndoable = true;
    const above = node.parent.task;
    undoAt(tree, above.run, above.item).below.push(node.ordinal);
    node = tree.runs[above.run];
  }
}

function undoAt(tree: RunTree, run: number, item: number): Undo {
  const state = tree.runs[run]?.items.get(item);
  if (state?.kind !== "active") throw new EngineFault("unknown_address", "a step completed in an item that has ended");
  state.undo ??= { completions: [], below: [] };
  return state.undo;
}

/** What is to be undone for an item, last completed first; parts that undo themselves are left out. */
export function undoQueue(tree: RunTree, undo: Undo | undefined): readonly Completion[] {
  const found: Completion[] = [];
  const collect = (part: Undo | undefined): void => {
    if (!part) return;
    for (const completion of part.completions) found.push(completion);
    for (const run of part.below) for (const state of tree.runs[run]?.items.values() ?? []) collect(undoOf(state));
  };
  collect(undo);
  return found.sort((a, b) => b.seq - a.seq);
}

function undoOf(state: ItemState): Undo | undefined {
  switch (state.kind) {
    case "active":
      return state.undo;
    case "ended":
      return state.kept?.undo;
    case "compensating":
      return state.reason === "stopped" ? state.undo : undefined;
  }
}

/** Forgets what is kept below an item that nobody will undo any more. */
export function forgetBelow(tree: RunTree, undo: Undo | undefined): void {
  for (const run of undo?.below ?? []) {
    for (const state of tree.runs[run]?.items.values() ?? []) {
      forgetBelow(tree, undoOf(state));
      if (state.kind === "ended") delete state.kept;
      else delete state.undo;
    }
  }
}

/** Sub-runs that tasks of a table started and that have not ended. */
export function runsUnderWay(tree: RunTree, table: TaskTable): readonly number[] {
  return [...table.active.values()].flatMap((task) => {
    if (task.kind === "foreach") return runsUnderWay(tree, task.tasks);
    return task.kind === "sub_run" && tree.runs[task.child]?.status === "running" ? [task.child] : [];
  });
}

/** What a compensation is for. */
export function completionOf(tree: RunTree, task: TaskAddress): Completion | undefined {
  const state = tree.runs[task.run]?.items.get(task.item);
  return task.undo && state && "queue" in state ? state.queue?.[task.step] : undefined;
}

/** The steps that a completed task's compensation can refer to. */
export function keptTasks(node: RunNode | undefined, item: number): TaskTable | undefined {
  const state = node?.items.get(item);
  return state?.kind === "ended" ? state.kept?.tasks : state?.tasks;
}
