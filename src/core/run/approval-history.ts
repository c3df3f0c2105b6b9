import type { JournalEntry } from "../ports/journal.ts";
import type { TaskAddress } from "./event.ts";

/** What became of one asking, as the journal tells it. */
export interface ApprovalHistory {
  /** Row of the `ApprovalRequest`. */
  readonly requestSeq?: number;
  /** The wait has begun: before that people are being told of it. */
  readonly awaits?: boolean;
  readonly end?:
    | { readonly kind: "decided"; readonly seq: number }
    | { readonly kind: "over"; readonly at: number; readonly reason: string };
}

const CANCELLED = "the run was cancelled";
const ITEM_ENDED = "what asked for it has ended";

/** Reads on from `before` over one more entry; what has ended stays so. */
export function tellApproval(
  before: ApprovalHistory,
  { seq, at, event }: JournalEntry,
  task: TaskAddress,
  asking: number,
): ApprovalHistory {
  if (before.end || !("run" in event) || event.run !== task.run) return before;
  const over = (reason: string): ApprovalHistory => ({ ...before, end: { kind: "over", at, reason } });
  switch (event.kind) {
    case "step_started":
      return isSame(event, task) && event.notice?.asking === asking ? { requestSeq: seq } : before;
    case "signal_awaited":
      return isSame(event, task) && event.asking === asking ? { requestSeq: event.from ?? seq, awaits: true } : before;
    case "approval_decided":
      return isSame(event, task) && event.asking === asking ? { ...before, end: { kind: "decided", seq } } : before;
    case "attempt_failed":
      // A notification is sent again, and its links go on to count.
      return before.awaits && isSame(event, task) ? over("it was not decided in time") : before;
    case "step_completed":
      if (before.requestSeq === undefined || !isSame(event, task)) return before;
      return over(before.awaits ? "it was not decided in time" : "the people to ask could not be told of it");
    case "compensation_started":
      return event.item === task.item && !task.undo ? over(ITEM_ENDED) : before;
    case "item_completed":
      return event.item === task.item ? over(ITEM_ENDED) : before;
    case "cancel_requested":
      return task.undo ? before : over(CANCELLED);
    case "run_completed":
      return over(event.status === "cancelled" ? CANCELLED : "the run has ended");
    default:
      return before;
  }
}

function isSame(event: TaskAddress, task: TaskAddress): boolean {
  const isSameStep = event.item === task.item && event.step === task.step && event.undo === task.undo;
  return isSameStep && event.element === task.element;
}
