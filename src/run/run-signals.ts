/** Signals to a run, and what a run waits for. */
import type { ApprovalLinks } from "../core/ports/approval-links.ts";
import type { Value } from "../core/ports/value.ts";
import { askedOf } from "../core/run/asked-of.ts";
import type { WaitDocument } from "../core/run/await-signal.ts";
import type { TaskAddress } from "../core/run/event.ts";
import { isWithin, payloadFaults, waitsBelow } from "../core/run/match-signals.ts";
import { signalRefusal } from "../core/run/receive-signal.ts";
import { withOrdinal } from "../core/run/run-id.ts";
import type { AwaitingTask, RunNode, RunTree } from "../core/run/state.ts";
import { activeTask } from "../core/run/state.ts";
import { timestamp } from "../core/run/summary.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import type { RunId } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";
import type { RunWait } from "../protocol/wait.ts";
import type { LiveRun } from "./live-run.ts";
import type { RunReply, SignalRun } from "./run-api.ts";

/** Values as the journal or the blob store has them. */
export interface ValueReader {
  /** Of a row. */
  value(seq: number): Promise<Json | undefined>;
  /** Of something on its way. */
  content(value: Value): Promise<Json>;
}

/**
 * Whether it is taken is decided twice: here, so that the sender can be told, and by the engine, which alone knows what is true
 * when it comes to it. What fits no wait by then is kept.
 */
export async function takeSignal(
  live: LiveRun,
  node: RunNode,
  runId: RunId,
  { name, signalId, value }: SignalRun,
  options: { readonly maxBytes: number; readonly values: ValueReader },
): Promise<RunReply<{ readonly accepted: true; readonly duplicate?: true }>> {
  const faults = await misfit(live.tree, node, name, value, options.values);
  await live.drained();
  const refusal = signalRefusal(node, signalId, value, options.maxBytes);
  switch (refusal?.kind) {
    case "duplicate":
      await live.written();
      return { ok: true, value: { accepted: true, duplicate: true } };
    case "ended":
    case "full":
      return {
        ok: false,
        fault: { kind: "precondition", message: `run ${runId} does not take the signal: ${refusal.message}` },
      };
    case "unusable":
      return { ok: false, fault: { kind: "invalid", message: refusal.message.replace("the result", "the payload") } };
    case undefined:
  }
  if (faults) {
    const message = `the payload does not fit any step that waits for ${JSON.stringify(name)}`;
    return { ok: false, fault: { kind: "invalid", message, faults } };
  }
  live.post({ kind: "signal_run", run: node.ordinal, name, value, ...(signalId !== undefined && { signalId }) });
  await live.drained();
  return { ok: true, value: { accepted: true } };
}

/** What the first step that waits for it says against a payload that none of them takes; nothing if one does, or none waits. */
async function misfit(
  tree: RunTree,
  node: RunNode,
  name: string,
  value: Value,
  values: ValueReader,
): Promise<readonly RequestFault[] | undefined> {
  let first: readonly RequestFault[] | undefined;
  let payload: { readonly json: Json } | undefined;
  const waits = Array.from(waitsBelow(tree, node.ordinal, name));
  for (const { wait } of waits) {
    const document = (await values.value(wait.valueSeq)) as WaitDocument | undefined;
    if (document?.schema === undefined) return undefined;
    payload ??= { json: await values.content(value) };
    const faults = payloadFaults(document, payload.json);
    if (faults.length === 0) return undefined;
    first ??= faults.map(({ pointer, message }) => ({ pointer: `/payload${pointer}`, message }));
  }
  return first;
}

/** The oldest first. */
export async function listWaits(
  tree: RunTree,
  node: RunNode,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  { values, links }: { readonly values: ValueReader; readonly links: ApprovalLinks | undefined },
): Promise<{ readonly waits: readonly RunWait[]; readonly more: boolean }> {
  // Looked at before anything is awaited: what changes meanwhile may not be in the journal yet.
  const found = [...tree.waits.values()]
    .flatMap((waits) => [...waits])
    .sort(([a], [b]) => a - b)
    .flatMap(([, task]) => {
      const wait = isWithin(tree, task.run, node.ordinal) ? activeTask(tree, task) : undefined;
      return wait?.kind === "awaiting" ? [{ task, wait }] : [];
    });
  const waits: RunWait[] = [];
  for (const { task, wait } of found.slice(offset, offset + limit)) {
    const document = await values.value(wait.valueSeq);
    if (document !== undefined) waits.push(describeWait(tree, task, wait, document, links));
  }
  return { waits, more: found.length > offset + limit };
}

function describeWait(
  tree: RunTree,
  task: TaskAddress,
  wait: AwaitingTask,
  document: Json,
  links: ApprovalLinks | undefined,
): RunWait {
  const base = {
    runId: tree.root ? withOrdinal(tree.root.runId, task.run) : "",
    itemIndex: task.item,
    stepIndex: task.step,
    stepId: tree.runs[task.run]?.plan.steps[task.step]?.step.id ?? "",
    ...(task.element !== undefined && { elementIndex: task.element }),
    since: timestamp(wait.since),
    ...(wait.until !== undefined && { until: timestamp(wait.until) }),
  };
  const approval = askedOf(tree, { ...task, ...wait }, document, links);
  if (approval) return { kind: "approval", ...base, approval };
  const { schema } = document as WaitDocument;
  return { kind: "signal", ...base, name: wait.name ?? "", ...(schema !== undefined && { schema }) };
}
