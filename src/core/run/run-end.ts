import type { Outcome } from "../../protocol/flow-result.ts";
import type { RunNode } from "./state.ts";
import { openItems } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Ends a run whose items have all ended; its parent, if it has one, goes on. */
export function endRunIfDone(turn: Turn, node: RunNode): void {
  if (node.status !== "running" || openItems(node) > 0) return;
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
  const { schedule } = turn;
  schedule.items.delete(node.ordinal);
  const source = schedule.sources.findIndex((source) => source.kind !== "elements" && source.run === node.ordinal);
  if (source >= 0) schedule.sources.splice(source, 1);
  turn.effects.push({ kind: "run_ended", run: node.ordinal });
  if (node.parent) schedule.agenda.push({ kind: "continue_parent", run: node.ordinal });
}
