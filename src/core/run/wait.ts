/**
 * Finds out what an expression of an item waits for, and wakes it when that has settled. Readiness is incremental (A1): a
 * static reference is counted down, a lazy part is looked at again only when a step it waits for settles.
 */
import type { Expression, Needs } from "../expression/index.ts";
import { needs, refersToElement } from "../expression/index.ts";
import type { PlanExpression, PlanStep } from "../plan/index.ts";
import { EngineFault } from "./engine-fault.ts";
import { nodeAt } from "./evolve.ts";
import { itemScope } from "./item-scope.ts";
import { resumeTask } from "./resume.ts";
import type { ItemSchedule, Owner, Phase, Watch } from "./schedule.ts";
import { itemSchedule, OUTPUT } from "./schedule.ts";
import type { RunNode } from "./state.ts";
import { activeTask, activeTasks, isSettled } from "./state.ts";
import type { Turn } from "./turn.ts";
import { park } from "./turn.ts";

/** The step an owner stands for; `undefined` for the output. */
export function stepOf(node: RunNode, owner: Owner): PlanStep | undefined {
  return owner === OUTPUT ? undefined : node.plan.steps[owner];
}

export function phaseExpression(node: RunNode, owner: Owner, phase: Phase): PlanExpression {
  const step = stepOf(node, owner);
  const expression = step ? step[phase] : node.plan.output;
  if (!expression) throw new EngineFault("unknown_address", `step ${owner} has no ${phase} expression`);
  return expression;
}

/** Starts waiting for everything the expression of `owner` needs; tells the agenda when there is nothing to wait for. */
export function openPhase(turn: Turn, item: ItemSchedule, owner: Owner, phase: Phase): void {
  if (isOver(turn, item, owner)) return;
  const { statics, lazies } = phaseExpression(nodeAt(turn.tree, item.run), owner, phase);
  item.open.set(owner, 1);
  let unsettled = 0;
  const watch: Watch = { owner, phase, lazy: undefined, pending: 0, done: false };
  for (const step of statics) if (waitForStep(turn, item, step, watch)) unsettled += 1;
  watch.pending = unsettled;
  if (unsettled > 0) addOpen(item, owner, 1);
  for (const lazy of lazies) {
    addOpen(item, owner, 1);
    lookAgain(turn, item, { owner, phase, lazy, pending: 0, done: false });
  }
  closeOne(turn, item, owner, phase);
}

/** Looks at a lazy part again. */
export function lookAgain(turn: Turn, item: ItemSchedule, watch: Watch): void {
  if (watch.done || !watch.lazy || isOver(turn, item, watch.owner)) return;
  const node = nodeAt(turn.tree, item.run);
  const found = needsOf(turn, item, watch.lazy, watch);
  if (found.kind === "not_resident") {
    park(turn, { kind: "look_again", item, watch }, found.blobs);
    return;
  }
  let waiting = false;
  for (const id of found.steps) {
    const step = node.plan.indexOf.get(id);
    if (step !== undefined && waitForStep(turn, item, step, watch)) waiting = true;
  }
  if (!waiting) {
    watch.done = true;
    closeOne(turn, item, watch.owner, watch.phase);
  }
}

/** In the input of a `foreach`, a decision may differ from element to element: what any of them waits for. */
function needsOf(turn: Turn, item: ItemSchedule, lazy: Expression, { owner, phase }: Watch): Needs {
  const node = nodeAt(turn.tree, item.run);
  const task = { run: item.run, item: item.item, step: owner };
  const active = phase === "input" && refersToElement(lazy) ? activeTask(turn.tree, task) : undefined;
  if (active?.kind !== "foreach") return needs(lazy, itemScope(turn, node, item.item));
  const steps = new Set<string>();
  for (const element of active.tasks.status.keys()) {
    const found = needs(lazy, itemScope(turn, node, item.item, { step: owner, element }));
    if (found.kind === "not_resident") return found;
    for (const step of found.steps) steps.add(step);
  }
  return { kind: "steps", steps };
}

/** Wakes whoever waits for a step that has just settled. */
export function stepSettled(turn: Turn, run: number, itemIndex: number, step: number): void {
  const item = itemSchedule(turn.schedule, run, itemIndex);
  if (!item) return;
  if (item.needed[step] === 1) item.outstanding -= 1;
  const waiters = item.waiters.get(step) ?? [];
  item.waiters.delete(step);
  for (const watch of waiters) {
    if (watch.lazy) turn.schedule.agenda.push({ kind: "look_again", item, watch });
    else if (--watch.pending === 0) closeOne(turn, item, watch.owner, watch.phase);
  }
  offerFinish(turn, item);
}

/** Ends the item once its output can be evaluated and nothing it started is still under way. */
export function offerFinish(turn: Turn, item: ItemSchedule): void {
  if (item.outputReady && item.outstanding === 0) turn.schedule.agenda.push({ kind: "finish_item", item });
}

/** Makes sure `step` gets done. */
export function needStep(turn: Turn, item: ItemSchedule, step: number): void {
  if (item.needed[step] === 1) return;
  item.needed[step] = 1;
  const node = nodeAt(turn.tree, item.run);
  const tasks = activeTasks(node, item.item);
  if (isSettled(tasks?.status[step])) return;
  item.outstanding += 1;
  const active = tasks?.active.get(step);
  // The elements of a `foreach` may still have to wait for what their input refers to.
  if (active?.kind === "foreach") turn.schedule.agenda.push({ kind: "open_phase", item, owner: step, phase: "input" });
  else if (active) resumeTask(turn, { run: item.run, item: item.item, step }, active);
  else turn.schedule.agenda.push({ kind: "open_phase", item, owner: step, phase: firstPhase(node, step) });
}

/** What waits on the agenda may be out of date: after a load a step may be given up before it is looked at. */
function isOver(turn: Turn, item: ItemSchedule, owner: Owner): boolean {
  return owner !== OUTPUT && isSettled(activeTasks(nodeAt(turn.tree, item.run), item.item)?.status[owner]);
}

function firstPhase(node: RunNode, step: number): Phase {
  const plan = stepOf(node, step);
  return plan?.skip ? "skip" : plan?.foreach ? "foreach" : "input";
}

function waitForStep(turn: Turn, item: ItemSchedule, step: number, watch: Watch): boolean {
  if (isSettled(activeTasks(nodeAt(turn.tree, item.run), item.item)?.status[step])) return false;
  needStep(turn, item, step);
  const waiters = item.waiters.get(step);
  if (!waiters) item.waiters.set(step, [watch]);
  else if (!waiters.includes(watch)) waiters.push(watch);
  return true;
}

function addOpen(item: ItemSchedule, owner: Owner, count: number): void {
  item.open.set(owner, (item.open.get(owner) ?? 0) + count);
}

function closeOne(turn: Turn, item: ItemSchedule, owner: Owner, phase: Phase): void {
  addOpen(item, owner, -1);
  if (item.open.get(owner) !== 0) return;
  item.open.delete(owner);
  turn.schedule.agenda.push({ kind: "phase_ready", item, owner, phase });
}
