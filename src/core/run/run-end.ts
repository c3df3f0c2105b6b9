import type { Outcome } from "../../protocol/flow-result.ts";
import type { RunNode } from "./state.ts";
import { openItems } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Ends a run whose items have all ended; its parent, if it has one, goes on. */
export function endRunIfDone(turn: Turn, node: RunNode): void {
  if (node.status !== "running") return;
  if (node.stopping) {
    if (node.compensating > 0) return;
    emit(turn, { kind: "run_completed", run: node.ordinal, ...node.stopping });
    leaveSchedule(turn, node);
    return;
  }
  if (openItems(node) > 0) return;
  const outcome: Outcome = node.ended.failed > 0 ? "failed" : node.ended.skipped > 0 ? "skipped" : "success";
  emit(turn, {
    kind: "run_completed",
    run: node.ordinal,
    status: outcome === "failed" ? "failed" : "completed",
    outcome,
  });
  leaveSchedule(turn, node);
}

/** Takes an ended run out of the schedule and tells whoever waits for it. */
export function leaveSchedule(turn: Turn, node: RunNode): void {
  leaveSources(turn, node);
  turn.effects.push({ kind: "run_ended", run: node.ordinal });
  if (node.parent) turn.schedule.agenda.push({ kind: "continue_parent", run: node.ordinal });
}

/** No item of the run is started or goes on any more. */
export function leaveSources({ schedule }: Turn, node: RunNode): void {
  schedule.items.delete(node.ordinal);
  const source = schedule.sources.findIndex((source) => source.kind !== "elements" && source.run === node.ordinal);
  if (source >= 0) schedule.sources.splice(source, 1);
}
