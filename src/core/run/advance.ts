/** Goes on until nothing more can be decided, or the turn has written enough for now. */

import { startNextChunk } from "./chunk.ts";
import { compensate } from "./compensate.ts";
import { assertNever, EngineFault } from "./engine-fault.ts";
import { nodeAt } from "./evolve.ts";
import { finishForeach } from "./foreach.ts";
import { giveUp } from "./give-up.ts";
import { activateItem, finishItem } from "./item.ts";
import { matchSignal, matchWait } from "./match-signals.ts";
import { phaseReady } from "./phase.ts";
import type { Agendum, Source } from "./schedule.ts";
import { isUnderWay, itemSchedule } from "./schedule.ts";
import { startTask } from "./start-task.ts";
import { activeTask, isPaused, TASK_IDLE } from "./state.ts";
import { continueParent } from "./sub-run.ts";
import type { Turn } from "./turn.ts";
import { lookAgain, openPhase } from "./wait.ts";

/** True if there is more to do at once: the turn stopped only to let others in. */
export function advance(turn: Turn): boolean {
  const { agenda, ready } = turn.schedule;
  const start = turn.entries.length;
  for (;;) {
    if (turn.entries.length - start >= turn.settings.eventsPerTurn) return true;
    turn.values.noteReads();
    const agendum = agenda.pop();
    if (agendum) {
      if (agendum.kind === "start_task" && isPaused(turn.tree)) turn.schedule.held.push(agendum);
      else attempt(turn, agendum);
      continue;
    }
    if (isPaused(turn.tree) || !hasRoom(turn)) return false;
    const task = ready.pop();
    if (task) attempt(turn, { kind: "start_task", task, lost: undefined });
    else if (!pullSource(turn)) return false;
  }
}

/**
 * An unexpected throw (a value past what the runtime can hold, say) would come again with every load, and the run would never
 * end: while nothing is written of it, it fails what it is for. Faults of the engine itself are not hidden.
 */
function attempt(turn: Turn, agendum: Agendum): void {
  const written = turn.entries.length;
  try {
    lookAt(turn, agendum);
  } catch (error) {
    if (error instanceof EngineFault || turn.entries.length > written) throw error;
    const message = `the orchestrator could not go on here: ${error instanceof Error ? error.message : String(error)}`;
    giveUp(turn, agendum, { code: "ORCHESTRATOR_ERROR", message });
  }
}

function lookAt(turn: Turn, agendum: Agendum): void {
  if ("item" in agendum && !isUnderWay(turn.schedule, agendum.item)) return;
  switch (agendum.kind) {
    case "open_phase":
      openPhase(turn, agendum.item, agendum.owner, agendum.phase);
      return;
    case "look_again":
      lookAgain(turn, agendum.item, agendum.watch);
      return;
    case "phase_ready":
      phaseReady(turn, agendum.item, agendum.owner, agendum.phase);
      return;
    case "start_task":
      startTask(turn, agendum.task, agendum.lost);
      return;
    case "finish_foreach":
      finishForeach(turn, agendum.task);
      return;
    case "finish_item":
      finishItem(turn, agendum.item);
      return;
    case "continue_parent":
      continueParent(turn, agendum.run);
      return;
    case "compensate":
      compensate(turn, agendum.of.run, agendum.of.item);
      return;
    case "match_signal":
      matchSignal(turn, agendum);
      return;
    case "match_wait":
      matchWait(turn, agendum);
      return;
    default:
      assertNever(agendum);
  }
}

/** What waits for blobs keeps a place: otherwise everything that is ready would be read into memory at once. */
function hasRoom(turn: Turn): boolean {
  return room(turn) > 0;
}

function room({ tree, schedule }: Turn): number {
  return (tree.root?.maxConcurrency ?? 0) - tree.calling - tree.reserved - schedule.parked.length;
}

/** Takes one more item or element out of the newest source that may give one. */
function pullSource(turn: Turn): boolean {
  const { sources } = turn.schedule;
  for (let at = sources.length - 1; at >= 0; at--) {
    const source = sources[at];
    if (!source || source.active >= source.limit) continue;
    if (pull(turn, source)) {
      source.active += 1;
      return true;
    }
    sources.splice(at, 1);
  }
  return false;
}

function pull(turn: Turn, source: Source): boolean {
  if (source.kind === "chunks") return startNextChunk(turn, source, room(turn));
  if (source.kind === "items") {
    const node = nodeAt(turn.tree, source.run);
    while (source.next < node.itemCount) {
      const item = source.next++;
      // An item that has taken something over, or was between two steps when the object was lost, is not scheduled yet.
      const kind = node.items.get(item)?.kind;
      if (kind === "ended" || kind === "compensating" || itemSchedule(turn.schedule, source.run, item)) continue;
      activateItem(turn, node, item);
      return true;
    }
    return false;
  }
  const active = activeTask(turn.tree, source.task);
  if (active?.kind !== "foreach") return false;
  while (source.next < active.tasks.status.length) {
    const element = source.next++;
    if (active.tasks.status[element] !== TASK_IDLE) continue;
    turn.schedule.ready.push({ ...source.task, element });
    return true;
  }
  return false;
}
