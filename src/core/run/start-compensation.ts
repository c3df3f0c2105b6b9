/** An item will not go on: what it has done is undone before it ends (RUN-135 …). */
import type { TaskError } from "../../protocol/task-error.ts";
import { errorValue } from "./error-value.ts";
import type { CompensationReason } from "./event.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";
import { runsUnderWay, undoQueue } from "./undo.ts";

export type CompensationCause =
  | { readonly reason: Exclude<CompensationReason, "failed"> }
  | { readonly reason: "failed"; readonly error: TaskError; readonly expired?: true };

/**
 * False if there is nothing to undo, and nothing below that is being undone: the item can end at once. Call it when what the
 * item had under way has been stopped.
 */
export function startCompensation(turn: Turn, node: RunNode, item: number, cause: CompensationCause): boolean {
  const state = node.items.get(item);
  if (state?.kind !== "active") return false;
  const own = cause.reason === "stopped" ? undefined : state.undo;
  if (undoQueue(turn.tree, own).length === 0 && runsUnderWay(turn.tree, state.tasks).length === 0) return false;
  const event = { kind: "compensation_started", run: node.ordinal, item, reason: cause.reason } as const;
  if (cause.reason === "failed") {
    emit(turn, { ...event, ...(cause.expired && { expired: true }) }, errorValue(cause.error));
  } else emit(turn, event);
  turn.schedule.items.get(node.ordinal)?.delete(item);
  turn.schedule.agenda.push({ kind: "compensate", of: { run: node.ordinal, item } });
  return true;
}
