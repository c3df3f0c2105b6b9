/** What workers say later of attempts they have taken over (HTTP 202): reports and signs of life. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Journal } from "../core/ports/journal.ts";
import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { TaskAddress } from "../core/run/event.ts";
import { attemptUnderWay } from "../core/run/settle-attempt.ts";
import { taskAddressOf } from "../core/run/task.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunReply, TaskHeartbeat, TaskReport, TaskSign } from "./run-api.ts";

const PAGE = 2_000;
/** A deadline is moved when at least this share of what is granted is gained: not every sign of life is worth an event. */
const WORTH_MOVING = 0.1;

/** Taken once; the same report again is known by its digest. */
export async function takeReport(
  live: LiveRun,
  journal: Journal,
  { taskId, attempt, outcome }: TaskReport,
): Promise<RunReply<{ readonly accepted: true; readonly repeated: boolean }>> {
  const task = taskAddressOf(taskId);
  const digest = digestOf(outcome);
  const since = live.tree.seq;
  if (attemptUnderWay(live.tree, task, attempt)) {
    live.post({ kind: "settle_attempt", task, attempt, outcome, digest });
    await live.drained();
    if (reportedDigest(journal, task, attempt, since) === digest)
      return { ok: true, value: { accepted: true, repeated: false } };
  }
  const reported = reportedDigest(journal, task, attempt, 0);
  if (reported === digest) return { ok: true, value: { accepted: true, repeated: true } };
  if (reported !== undefined) {
    const message = `attempt ${attempt} of task '${taskId}' was reported before, with another outcome`;
    return { ok: false, fault: { kind: "conflict", message } };
  }
  return { ok: false, fault: { kind: "precondition", message: whyNot(live, task, attempt) } };
}

export async function takeSign(
  live: LiveRun,
  { taskId, attempt, withinMs, progress }: TaskSign,
  now: number,
): Promise<TaskHeartbeat> {
  const task = taskAddressOf(taskId);
  const before = attemptUnderWay(live.tree, task, attempt);
  const granted = withinMs ?? before?.grantedMs;
  if (before && granted !== undefined && now + granted - before.deadlineAt > granted * WORTH_MOVING) {
    live.post({ kind: "hand_over_attempt", task, attempt, deadlineAt: now + granted });
    await live.drained();
  }
  if (before && progress) {
    const noted = live.progress.note(task, attempt, progress);
    // Of a held call the journal has it before the call ends; here nobody holds anything.
    if (before.grantedMs !== undefined) await noted;
    await live.drained();
  }
  const active = attemptUnderWay(live.tree, task, attempt);
  return active
    ? { active: true, deadlineAt: new Date(active.deadlineAt).toISOString() }
    : { active: false, reason: whyNot(live, task, attempt) };
}

function whyNot({ tree }: LiveRun, task: TaskAddress, attempt: number): string {
  const node = tree.runs[task.run];
  if (!node) return "there is no such task";
  if (node.status === "cancelled") return "the run was cancelled";
  if (node.status !== "running") return `the run has ended (${node.status})`;
  return `attempt ${attempt} is not under way any more: it timed out, was answered otherwise, or was followed by another attempt`;
}

function reportedDigest(journal: Journal, task: TaskAddress, attempt: number, since: number): string | undefined {
  for (let after = since; ; after += PAGE) {
    const page = journal.read(after, PAGE, false);
    for (const { event } of page) {
      if (
        event.kind === "attempt_reported" &&
        event.attempt === attempt &&
        event.run === task.run &&
        event.item === task.item &&
        event.step === task.step &&
        event.element === task.element &&
        event.undo === task.undo
      ) {
        return event.digest;
      }
    }
    if (page.length < PAGE) return undefined;
  }
}

function digestOf(outcome: TaskOutcome): string {
  return bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(outcome))));
}
