/** Approvals as their page shows them, and the decision. */
import type { Journal } from "../core/ports/journal.ts";
import type { ApprovalRequest } from "../core/ports/wait-component.ts";
import { openAsking } from "../core/run/approval.ts";
import { type ApprovalHistory, tellApproval } from "../core/run/approval-history.ts";
import { asApprovalRequest } from "../core/run/approval-links.ts";
import type { TaskAddress } from "../core/run/event.ts";
import { timestamp } from "../core/run/summary.ts";
import { runIdOfTask, taskAddressOf } from "../core/run/task.ts";
import { schemaFaults } from "../core/schema/index.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import type { TaskId } from "../protocol/ids.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ApprovalState, ApprovalView, Decision } from "./approval-view.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunReply } from "./run-api.ts";
import type { ValueReader } from "./run-signals.ts";

const PAGE = 2_000;
const NOT_FOUND = { ok: false, fault: { kind: "not_found" } } as const;

export interface ApprovalSources {
  readonly live: LiveRun;
  readonly journal: Journal;
  readonly values: ValueReader;
}

export async function viewApproval(
  sources: ApprovalSources,
  taskId: TaskId,
  asking: number,
): Promise<RunReply<ApprovalView>> {
  const found = await findApproval(sources, taskId, asking);
  if (!found) return NOT_FOUND;
  const { request, state, task } = found;
  const { title, message, form } = request;
  const plan = sources.live.tree.runs[task.run]?.plan;
  const flowName = plan?.flow.name;
  const view = {
    runId: runIdOfTask(taskId),
    ...(flowName !== undefined && { flowName }),
    stepId: plan?.steps[task.step]?.step.id ?? "",
    title,
    ...(message !== undefined && { message }),
    ...(form && { form }),
    state,
  };
  return { ok: true, value: view };
}

/** Once: the first counts. The same decision again by the same person is answered alike. */
export async function takeDecision(
  sources: ApprovalSources,
  taskId: TaskId,
  asking: number,
  { data: filledIn, ...decision }: Decision,
): Promise<RunReply<{ readonly accepted: true; readonly repeated: boolean }>> {
  const found = await findApproval(sources, taskId, asking);
  if (!found) return NOT_FOUND;
  const { live } = sources;
  const { task, request, state } = found;
  if (state.kind !== "open") return isSameDecision(state, decision) ? accepted(true) : closed(state);
  // What is asked to be filled in is asked of those who approve.
  const data = decision.decision === "approved" ? filledIn : undefined;
  const faults = decision.decision === "approved" ? formFaults(request.form, data) : [];
  if (faults.length > 0)
    return { ok: false, fault: { kind: "invalid", message: "the form is not filled in as it should be", faults } };
  const rejectFails = request.onReject === "fail";
  live.post({ kind: "decide_approval", task, asking, ...decision, ...(data !== undefined && { data }), rejectFails });
  await live.drained();
  // Another decision, or the end of the wait, may have come before it.
  const now = await findApproval(sources, taskId, asking);
  if (!now || now.state.kind === "open") throw new Error("the decision could not be written");
  return isSameDecision(now.state, decision) ? accepted(false) : closed(now.state);
}

type ClosedState = Exclude<ApprovalState, { kind: "open" }>;

function isSameDecision(state: ClosedState, { decision, by }: Decision): boolean {
  return state.kind === "decided" && state.decision === decision && state.by === by;
}

function accepted(repeated: boolean): RunReply<{ readonly accepted: true; readonly repeated: boolean }> {
  return { ok: true, value: { accepted: true, repeated } };
}

function closed(state: ClosedState): Extract<RunReply<never>, { ok: false }> {
  const what =
    state.kind === "over"
      ? state.reason
      : `it was ${state.decision}${state.by === undefined ? "" : ` by ${state.by}`} at ${state.at}`;
  return { ok: false, fault: { kind: "precondition", message: `nothing can be decided any more: ${what}` } };
}

function formFaults(form: JsonObject | undefined, data: JsonObject | undefined): readonly RequestFault[] {
  if (!form) return data === undefined ? [] : [{ pointer: "/data", message: "nothing is asked to be filled in" }];
  const checked = schemaFaults(form, data ?? {});
  if (checked.kind === "unusable_schema")
    return [{ pointer: "/data", message: `the form's schema cannot be used: ${checked.message}` }];
  return checked.faults.map(({ pointer, message }) => ({ pointer: `/data${pointer}`, message }));
}

async function findApproval(
  { live, journal, values }: ApprovalSources,
  taskId: TaskId,
  asking: number,
): Promise<
  { readonly task: TaskAddress; readonly request: ApprovalRequest; readonly state: ApprovalState } | undefined
> {
  const task = taskAddressOf(taskId);
  await live.written();
  const open = openAsking(live.tree, task);
  const current = open?.asking === asking ? open : undefined;
  const past: ApprovalHistory = current ? { requestSeq: current.requestSeq } : readHistory(journal, task, asking);
  const document = past.requestSeq === undefined ? undefined : await values.value(past.requestSeq);
  if (document === undefined) return undefined;
  const request = asApprovalRequest(document);
  if (current) {
    const state = { kind: "open", ...(current.until !== undefined && { until: timestamp(current.until) }) } as const;
    return { task, request, state };
  }
  const { end } = past;
  if (end?.kind !== "decided")
    return {
      task,
      request,
      state: { kind: "over", reason: end?.reason ?? "it was asked again", ...(end && { at: timestamp(end.at) }) },
    };
  const result = (await values.value(end.seq)) as unknown as Omit<Extract<ApprovalState, { kind: "decided" }>, "kind">;
  const { decision, by, comment, at } = result;
  return {
    task,
    request,
    state: {
      kind: "decided",
      decision,
      at,
      ...(by !== undefined && { by }),
      ...(comment !== undefined && { comment }),
    },
  };
}

function readHistory(journal: Journal, task: TaskAddress, asking: number): ApprovalHistory {
  let told: ApprovalHistory = {};
  for (let after = 0; ; after += PAGE) {
    const page = journal.read(after, PAGE, false);
    for (const entry of page) told = tellApproval(told, entry, task, asking);
    if (page.length < PAGE || told.end) return told;
  }
}
