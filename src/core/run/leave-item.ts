import { endRunIfDone } from "./run-end.ts";
import type { RunNode } from "./state.ts";
import { stopIfExceeded } from "./tolerance.ts";
import type { Turn } from "./turn.ts";

/** An item that was under way has ended: its place is free, and its run may be at its end. */
export function leaveItem(turn: Turn, node: RunNode): void {
  const source = turn.schedule.sources.find((source) => source.kind === "items" && source.run === node.ordinal);
  if (source) source.active -= 1;
  stopIfExceeded(turn, node);
  endRunIfDone(turn, node);
}
