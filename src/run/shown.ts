/**
 * What leaves a run's object for anybody but its workers, without its secrets. Words of the protocol (states, ids, times) stay
 * as they are, so that an answer keeps its form; every field that is not known to be one is looked through.
 */
import { ordinalOf } from "../core/run/run-id.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import { flowSecrets, type Redactor, showFlowDocument } from "../core/secrets/index.ts";
import type { RunEventMessage } from "../protocol/event.ts";
import type { RunId } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";
import type { ItemResult, StepRecord } from "../protocol/run.ts";

/** Fields that hold words of the protocol wherever they stand outside of values. */
const PROTOCOL_FIELDS: ReadonlySet<string> = new Set(
  (
    "runId rootRunId parentRunId chunkRunId compensatedRunId flowId status outcome kind type reason decision code createdAt " +
    "level completedAt startedAt updatedAt timestamp since until deadlineAt retryAt storedAt"
  ).split(" "),
);
/** Fields with records of the protocol in them. */
const RECORD_FIELDS: ReadonlySet<string> = new Set([
  "origin",
  "error",
  "compensations",
  "waits",
  "approval",
  "state",
  "fault",
  "faults",
  "diagnostics",
]);

/** A record of the protocol: a summary, a wait, an event, a fault. `undefined`: nothing is secret. */
export function shown<T>(record: T, redactor: Redactor | undefined): T {
  return redactor ? (shownJson(record as Json, redactor) as T) : record;
}

function shownJson(record: Json, redactor: Redactor): Json {
  if (Array.isArray(record)) return record.map((each) => shownJson(each, redactor));
  if (typeof record !== "object" || record === null) return redactor.json(record);
  return Object.fromEntries(
    Object.entries(record).map(([name, value]): [string, Json] => {
      if (PROTOCOL_FIELDS.has(name)) return [name, value];
      return [name, RECORD_FIELDS.has(name) ? shownJson(value, redactor) : redactor.json(value)];
    }),
  );
}

export function shownFlowText(text: string, redactor: Redactor | undefined): string {
  const document = showFlowDocument(JSON.parse(text));
  return JSON.stringify(redactor ? redactor.json(document) : document);
}

/** Places that the output schema of the flow marks are taken out too. */
export function shownItem(item: ItemResult, node: RunNode, redactor: Redactor | undefined): ItemResult {
  const { result } = item;
  if (result?.outcome === "success") {
    const masked = flowSecrets(node.plan.flow)?.output?.mask(result.result) ?? result.result;
    return { ...item, result: { outcome: "success", result: redactor ? redactor.json(masked) : masked } };
  }
  return result?.outcome === "failed" && redactor
    ? { ...item, result: { outcome: "failed", error: shown(result.error, redactor) } }
    : item;
}

/** Places that the flow's schema of the step's output marks are taken out too. */
export function shownStep(step: StepRecord, node: RunNode, redactor: Redactor | undefined): StepRecord {
  const { output } = step;
  const masked = output === undefined ? undefined : stepMask(node, step.stepId, output);
  return shown(masked === undefined ? step : { ...step, output: masked }, redactor);
}

export function shownEvent(event: RunEventMessage, tree: RunTree, redactor: Redactor | undefined): RunEventMessage {
  return shown(withoutMarked(event, tree.runs[ordinalOf(event.runId as RunId)]), redactor);
}

function withoutMarked(event: RunEventMessage, node: RunNode | undefined): RunEventMessage {
  if (!node || !("result" in event) || event.result === undefined) return event;
  const { result } = event;
  if (event.type === "item_completed") {
    return { ...event, result: flowSecrets(node.plan.flow)?.output?.mask(result) ?? result };
  }
  // What a compensation comes to is no output of its step.
  return event.compensation ? event : { ...event, result: stepMask(node, event.stepId, result) };
}

function stepMask(node: RunNode, stepId: string, output: Json): Json {
  return flowSecrets(node.plan.flow)?.steps.get(stepId)?.mask(output) ?? output;
}
