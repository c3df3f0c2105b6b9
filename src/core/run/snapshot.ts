/**
 * The state as one JSON text, so that loading does not replay a long journal from its start. Flows are named by id, tables are
 * plain arrays; a version that is not ours is ignored and the journal is replayed instead.
 */
import type { FlowId } from "../../protocol/ids.ts";
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import type { PlanSource } from "./evolve.ts";
import { planOf } from "./evolve.ts";
import { indexWait, newWaitIndex, readSignalBook, type SignalBookSnapshot, writeSignalBook } from "./signal-book.ts";
import type { ActiveTask, ItemState, RunNode, RunTree, TaskTable } from "./state.ts";
import { newTaskTable } from "./state.ts";

const VERSION = 6;
const NO_TASKS = newTaskTable(0);

interface TableSnapshot {
  readonly status: readonly number[];
  readonly valueSeq: readonly number[];
  readonly settled: number;
  readonly active: readonly (readonly [number, ActiveSnapshot])[];
}
type ActiveSnapshot =
  | Exclude<ActiveTask, { kind: "foreach" }>
  | (Omit<Extract<ActiveTask, { kind: "foreach" }>, "tasks"> & { readonly tasks: TableSnapshot });
/** The tables of an item lie beside what is plain JSON in it. */
type ItemSnapshot = {
  readonly item: ItemState;
  readonly tasks?: TableSnapshot;
  readonly undoTasks?: TableSnapshot;
};
type NodeSnapshot = Omit<RunNode, "plan" | "items" | "signals" | "stopping"> &
  Partial<Pick<RunNode, "stopping">> & {
    readonly planId: FlowId;
    readonly items: readonly (readonly [number, ItemSnapshot])[];
    readonly signals?: SignalBookSnapshot;
  };
interface TreeSnapshot {
  readonly version: number;
  readonly tree: Omit<RunTree, "flowRows" | "runs" | "waits" | "pausedBy" | "pausedSeq"> &
    Partial<Pick<RunTree, "pausedBy" | "pausedSeq">> & {
      readonly flowRows: readonly (readonly [FlowId, number])[];
      readonly runs: readonly NodeSnapshot[];
    };
}

export function writeSnapshot(tree: RunTree): string {
  // The waits are derived.
  const { seq, at, root, calling, reserved, pausedBy, pausedSeq } = tree;
  const snapshot: TreeSnapshot = {
    version: VERSION,
    tree: {
      seq,
      at,
      root,
      calling,
      reserved,
      pausedBy,
      pausedSeq,
      flowRows: [...tree.flowRows],
      runs: tree.runs.map(writeNode),
    },
  };
  return JSON.stringify(snapshot);
}

/** Rows of the flows a snapshot needs, by flow id; `undefined` if its version is not ours. */
export function snapshotFlows(text: string): ReadonlyMap<FlowId, number> | undefined {
  const { version, tree } = JSON.parse(text) as TreeSnapshot;
  return version === VERSION ? new Map(tree.flowRows) : undefined;
}

export function readSnapshot(text: string, plans: PlanSource): RunTree {
  const { tree } = JSON.parse(text) as TreeSnapshot;
  const runs = tree.runs.map((node) => readNode(node, plans));
  return {
    ...tree,
    flowRows: new Map(tree.flowRows),
    runs,
    waits: waitsOf(runs),
    // Absent in those written before runs could be paused.
    pausedBy: tree.pausedBy ?? [],
    pausedSeq: tree.pausedSeq ?? 0,
  };
}

function writeNode({ plan, items, signals, ...node }: RunNode): NodeSnapshot {
  return {
    ...node,
    planId: plan.flowId,
    items: [...items].map(([index, item]) => [index, writeItem(item)] as const),
    ...(signals && { signals: writeSignalBook(signals) }),
  };
}

function readNode({ planId, items, signals, ...node }: NodeSnapshot, plans: PlanSource): RunNode {
  // JSON has no `undefined`: fields that were absent are absent again, which reads the same.
  return {
    stopping: undefined,
    ...node,
    plan: planOf(plans, planId),
    items: new Map(items.map(([index, item]) => [index, readItem(item)])),
    signals: signals && readSignalBook(signals),
  };
}

function writeItem(item: ItemState): ItemSnapshot {
  switch (item.kind) {
    case "active":
      return { item: { ...item, tasks: NO_TASKS }, tasks: writeTable(item.tasks) };
    case "compensating": {
      const { tasks, undoTasks } = item;
      const bare = { ...item, tasks: NO_TASKS, undoTasks: NO_TASKS };
      return { item: bare, tasks: writeTable(tasks), undoTasks: writeTable(undoTasks) };
    }
    case "ended": {
      if (!item.kept) return { item };
      return { item: { ...item, kept: { ...item.kept, tasks: NO_TASKS } }, tasks: writeTable(item.kept.tasks) };
    }
  }
}

function readItem({ item, tasks, undoTasks }: ItemSnapshot): ItemState {
  const table = tasks && readTable(tasks);
  if (item.kind === "ended") return item.kept && table ? { ...item, kept: { ...item.kept, tasks: table } } : item;
  if (!table) throw new EngineFault("missing_value", "a snapshot without the steps of an item");
  if (item.kind === "active") return { ...item, tasks: table };
  return { ...item, tasks: table, undoTasks: undoTasks ? readTable(undoTasks) : newTaskTable(0) };
}

function writeTable(table: TaskTable): TableSnapshot {
  return {
    status: [...table.status],
    valueSeq: [...table.valueSeq],
    settled: table.settled,
    active: [...table.active].map(
      ([index, task]) => [index, task.kind === "foreach" ? { ...task, tasks: writeTable(task.tasks) } : task] as const,
    ),
  };
}

function readTable(table: TableSnapshot): TaskTable {
  return {
    status: Uint8Array.from(table.status),
    valueSeq: Float64Array.from(table.valueSeq),
    settled: table.settled,
    active: new Map(
      table.active.map(([index, task]) => [
        index,
        task.kind === "foreach" ? { ...task, tasks: readTable(task.tasks) } : task,
      ]),
    ),
  };
}

/** Derived from the tasks, in the order in which they began to wait. */
function waitsOf(runs: readonly RunNode[]): RunTree["waits"] {
  const found: { readonly task: TaskAddress; readonly name: string | undefined; readonly seq: number }[] = [];
  const look = (table: TaskTable, address: (index: number) => TaskAddress): void => {
    for (const [index, active] of table.active) {
      if (active.kind === "awaiting") found.push({ task: address(index), name: active.name, seq: active.seq });
      if (active.kind === "foreach") look(active.tasks, (element) => ({ ...address(index), element }));
    }
  };
  for (const node of runs) {
    for (const [item, state] of node.items) {
      if (state.kind === "active") look(state.tasks, (step) => ({ run: node.ordinal, item, step }));
      if (state.kind === "compensating")
        look(state.undoTasks, (step) => ({ run: node.ordinal, item, step, undo: true }));
    }
  }
  const waits = newWaitIndex();
  for (const { task, name, seq } of found.sort((a, b) => a.seq - b.seq)) indexWait(waits, name, seq, task);
  return waits;
}
