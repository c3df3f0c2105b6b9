/** Approvals: a step that asks people, perhaps tells them so through a component, and waits for one decision. */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { PlannedWait } from "../ports/wait-component.ts";
import { approvalLinks } from "./approval-links.ts";
import { awaitSignal } from "./await-signal.ts";
import { callOut } from "./call-out.ts";
import type { SignalCommand } from "./command.ts";
import { completeTask } from "./complete-task.ts";
import { mayUse, notAllowed } from "./component-bounds.ts";
import type { TaskAddress } from "./event.ts";
import { executeInline } from "./execute-inline.ts";
import type { Attempt } from "./settle-attempt.ts";
import { settleOutcome } from "./settle-attempt.ts";
import type { ActiveTask, RunTree } from "./state.ts";
import { activeTask } from "./state.ts";
import { timestamp } from "./summary.ts";
import { stepAt, taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

export function askForApproval(
  turn: Turn,
  task: TaskAddress,
  attempt: Attempt,
  { request, timeoutMs, notify }: Extract<PlannedWait, { kind: "approval" }>,
): void {
  const { approvalLinks: links, tree } = turn;
  const fail = (error: TaskError) => settleOutcome(turn, task, attempt, { kind: "failed", error });
  if (!links || !tree.root) {
    fail({
      code: "ORCHESTRATOR_ERROR",
      message: "approvals need signed links: set STEPFLOW_SECRET and PUBLIC_URL of the orchestrator",
    });
    return;
  }
  const asking = noticeOf(activeTask(tree, task))?.asking ?? attempt.attempt;
  const document = request as unknown as JsonObject;
  if (!notify) {
    awaitSignal(turn, task, { attempt: attempt.attempt, asking, timeoutMs, document });
    return;
  }
  const bounds = tree.runs[task.run]?.allowComponents ?? [];
  if (!mayUse(bounds, notify.component)) {
    const message = `invalid input for /approval: /notify/component: ${notAllowed(notify.component, bounds)}`;
    fail({ code: "INVALID_INPUT", message });
    return;
  }
  const ticket = { namespace: tree.root.namespace, taskId: taskIdOf(tree, task), asking };
  const issued = approvalLinks(links, ticket, request.approvers, turn.now + timeoutMs);
  const input: JsonObject = { ...notify.input, links: issued as unknown as Json };
  const target = turn.resolver.resolve(notify.component, input);
  switch (target.kind) {
    case "unroutable":
      completeTask(turn, task, { outcome: "failed", error: target.error }, 0);
      return;
    case "call":
      callOut(
        turn,
        task,
        { ...attempt, componentId: target.componentId, target, notice: { asking, timeoutMs, request: document } },
        input,
      );
      return;
    case "inline": {
      const outcome = executeInline(target.component, input);
      if (outcome.kind === "success")
        awaitSignal(turn, task, { attempt: attempt.attempt, asking, timeoutMs, document });
      else settleOutcome(turn, task, { ...attempt, componentId: target.componentId }, outcome);
      return;
    }
    case "sleep":
    case "sub_run":
    case "wait":
      fail({
        code: "INVALID_INPUT",
        message: `invalid input for /approval: /notify/component: ${notify.component} cannot notify: name a component that is called, of a worker for example`,
      });
  }
}

/** The asking that a task has open, with the row of its request; a decision counts while people are still being told, too. */
export function openAsking(
  tree: RunTree,
  task: TaskAddress,
): { readonly asking: number; readonly requestSeq: number; readonly until: number | undefined } | undefined {
  if (tree.runs[task.run]?.status !== "running") return undefined;
  const active = activeTask(tree, task);
  if (active?.kind === "awaiting" && active.asking !== undefined)
    return { asking: active.asking, requestSeq: active.valueSeq, until: active.until };
  const notice = noticeOf(active);
  return notice && { asking: notice.asking, requestSeq: notice.requestSeq, until: undefined };
}

export function decideApproval(turn: Turn, command: Extract<SignalCommand, { kind: "decide_approval" }>): void {
  const { task, asking, decision, by, comment, data } = command;
  const active = activeTask(turn.tree, task);
  if (openAsking(turn.tree, task)?.asking !== asking || !active || !("tries" in active)) return;
  const result: JsonObject = {
    approved: decision === "approved",
    decision,
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment }),
    ...(data !== undefined && { data }),
    at: timestamp(turn.now),
  };
  if (active.kind === "calling") turn.effects.push({ kind: "abort_call", task, attempt: active.attempt });
  const event = { kind: "approval_decided", ...task, asking, decision, ...(by !== undefined && { by }) } as const;
  const from = emit(turn, event, inline(result));
  if (decision === "approved" || !command.rejectFails) {
    completeTask(turn, task, { outcome: "success", from, byComponent: true }, active.attempt);
    return;
  }
  const { step } = stepAt(turn.tree, task);
  const message = `rejected${by === undefined ? "" : ` by ${by}`}${comment === undefined ? "" : `: ${comment}`}`;
  const error: TaskError = { code: "COMPONENT_FAILED", message, data: result };
  const attempt = { attempt: active.attempt, tries: active.tries, componentId: step.component, isFinal: true };
  settleOutcome(turn, task, attempt, { kind: "failed", error });
}

function noticeOf(active: ActiveTask | undefined) {
  return active && "notice" in active ? active.notice : undefined;
}
