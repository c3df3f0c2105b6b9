/** Turns journal entries into the events the API streams. */
import type { RunEventMessage } from "../../protocol/event.ts";
import type { Json } from "../../protocol/json.ts";
import type { Progress } from "../../protocol/progress.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { ApprovalLinks } from "../ports/approval-links.ts";
import type { JournalEntry } from "../ports/journal.ts";
import { askedOf } from "./asked-of.ts";
import { chunkRunId } from "./chunk.ts";
import { assertNever } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import { withOrdinal } from "./run-id.ts";
import type { RunTree } from "./state.ts";
import { timestamp } from "./summary.ts";
import { completionOf } from "./undo.ts";

/**
 * `undefined` for entries that are of no interest outside (items added, flows recorded, arrays expanded). `value`: the entry's
 * value where results are wanted, and that of an approval always. `links`: signs what is handed out for approvals.
 */
export function toMessage(
  tree: RunTree,
  entry: JournalEntry,
  value: Json | undefined,
  links?: ApprovalLinks,
): RunEventMessage | undefined {
  const { event, seq } = entry;
  const root = tree.root;
  if (!root) return undefined;
  const base = (run: number) => ({
    sequenceNumber: seq,
    timestamp: timestamp(entry.at),
    runId: withOrdinal(root.runId, run),
  });
  const step = (task: TaskAddress) => {
    const of = completionOf(tree, task);
    const { run, step, element } = of ?? task;
    return {
      ...base(task.run),
      itemIndex: task.item,
      stepIndex: step,
      stepId: tree.runs[run]?.plan.steps[step]?.step.id ?? "",
      ...(element !== undefined && { elementIndex: element }),
      ...(task.undo && { compensation: true as const }),
      ...(of && of.run !== task.run && { compensatedRunId: withOrdinal(root.runId, of.run) }),
    };
  };
  const chunk = ({ run, chunk }: { readonly run: number; readonly chunk: number }) => {
    const { first = 0, count = 0 } = tree.runs[run]?.chunks[chunk] ?? {};
    return { chunkRunId: chunkRunId(tree, run, chunk), firstItemIndex: first, itemCount: count };
  };
  const result = (outcome: string) =>
    value === undefined ? {} : outcome === "success" ? { result: value } : { error: value as unknown as TaskError };
  switch (event.kind) {
    case "run_created":
      return {
        type: event.kind,
        ...base(0),
        flowId: event.flowId,
        itemCount: event.itemCount,
        ...(event.origin && { origin: event.origin }),
      };
    case "sub_run_created":
      return {
        type: event.kind,
        ...base(event.run),
        parentRunId: withOrdinal(root.runId, event.parent.run),
        flowId: event.flowId,
        itemCount: event.itemCount,
      };
    case "child_submitted":
      return {
        type: "sub_run_created",
        ...base(event.run),
        runId: event.childRunId,
        parentRunId: withOrdinal(root.runId, event.run),
        flowId: event.flowId,
        itemCount: event.itemCount,
      };
    case "item_started":
      return { type: event.kind, ...base(event.run), itemIndex: event.item, deadlineAt: timestamp(event.deadlineAt) };
    case "chunk_started":
      return { type: event.kind, ...base(event.run), ...chunk(event) };
    case "chunk_completed": {
      const { status, success, failed, skipped } = event;
      return { type: event.kind, ...base(event.run), ...chunk(event), status, successful: success, failed, skipped };
    }
    case "step_started":
      return { type: event.kind, ...step(event), attempt: event.attempt };
    case "step_waiting":
      return { type: event.kind, ...step(event), until: timestamp(event.until) };
    case "attempt_progress":
      return { type: event.kind, ...step(event), attempt: event.attempt, ...(value as Progress) };
    case "signal_awaited": {
      const { name, until } = event;
      const approval = name === undefined ? askedOf(tree, event, value, links) : undefined;
      return {
        type: "step_waiting",
        ...step(event),
        ...(until !== undefined && { until: timestamp(until) }),
        ...(name !== undefined && { awaits: name }),
        ...(approval && { approval }),
      };
    }
    case "signal_received": {
      const { run, name, signalId } = event;
      const payload = value === undefined ? {} : { payload: value };
      return { type: event.kind, ...base(run), name, ...(signalId !== undefined && { signalId }), ...payload };
    }
    case "approval_decided": {
      const { decision, by } = event;
      return { type: event.kind, ...step(event), decision, ...(by !== undefined && { by }) };
    }
    case "attempt_failed":
      // The error is part of what happened, not a result that may be left out; the reader always gives it.
      return {
        type: event.kind,
        ...step(event),
        attempt: event.attempt,
        retryAt: timestamp(event.retryAt),
        error: value as unknown as TaskError,
      };
    case "step_completed":
      return {
        type: event.kind,
        ...step(event),
        outcome: event.outcome,
        ...(event.cached && { cached: event.cached }),
        ...(event.warnings && { warnings: event.warnings }),
        ...(event.reused && { reused: true }),
        ...result(event.outcome),
      };
    case "item_completed":
      return {
        type: event.kind,
        ...base(event.run),
        itemIndex: event.item,
        outcome: event.outcome,
        ...(event.reused && { reused: true }),
        ...result(event.outcome),
      };
    case "compensation_started":
      return { type: event.kind, ...base(event.run), itemIndex: event.item, reason: event.reason, ...result("failed") };
    case "compensation_completed":
      return { type: event.kind, ...base(event.run), itemIndex: event.item };
    case "cancel_requested":
    case "run_paused":
    case "run_resumed":
      return { type: event.kind, ...base(event.run) };
    case "run_completed":
      return {
        type: event.kind,
        ...base(event.run),
        status: event.status,
        ...(event.outcome && { outcome: event.outcome }),
      };
    case "run_stopping":
    case "flow_recorded":
    case "item_added":
    case "chunk_added":
    case "attempt_handed_over":
    case "attempt_reported":
    case "foreach_expanded":
      return undefined;
    default:
      return assertNever(event);
  }
}
