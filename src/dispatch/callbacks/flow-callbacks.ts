/** The flow methods of workers up to 0.7 (D1). */
import { z } from "zod";
import { parseFlowDocument } from "../../core/flow/index.ts";
import type { FlowId, RunId } from "../../protocol/ids.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { loadJsonBlob } from "./blob-callbacks.ts";
import { CallbackFault, RPC_CODES } from "./callback-fault.ts";
import type { CallbackRequest } from "./callback-request.ts";
import { blobIdParam, countParam, jsonParam, readParams, runIdParam } from "./read-params.ts";
import { resultsOf, startChild, waitForRun } from "./run-callbacks.ts";
import { flowResult, itemCounts, itemStatusName, runStatusName } from "./run-status.ts";

const EVALUATE = z.object({
  flow_id: blobIdParam.nullish(),
  /** Before 0.2.2: the flow itself. */
  flow: jsonParam.optional(),
  input: jsonParam,
});
const GET_METADATA = z.object({ flow_id: blobIdParam, step_id: z.string().nullish() });
const SUBMIT_BATCH = z.object({ flow_id: blobIdParam, inputs: z.array(jsonParam), max_concurrency: countParam });
const GET_BATCH = z.object({
  batch_id: runIdParam,
  wait: z.boolean().nullish(),
  include_results: z.boolean().nullish(),
});

export async function evaluateFlow(request: CallbackRequest): Promise<JsonObject> {
  const { flow_id: given, flow, input } = readParams(EVALUATE, request.params);
  const flowId = given ?? (await storeFlow(request, flow));
  const started = await startChild(request, { flowId, inputs: [input] });
  const summary = await waitForRun(request, started.runId as RunId, undefined);
  const [item] = await resultsOf(request, summary);
  const result = item?.result ?? {
    outcome: "failed" as const,
    error: { code: "CANCELLED" as const, message: `run ${summary.runId} was cancelled` },
  };
  return { result: flowResult(result) };
}

export async function getFlowMetadata({ params, blobs }: CallbackRequest): Promise<JsonObject> {
  const { flow_id: flowId, step_id: stepId } = readParams(GET_METADATA, params);
  const { flow } = parseFlowDocument(await loadJsonBlob(blobs, flowId, "flow"));
  if (!flow) throw new CallbackFault(RPC_CODES.badRequest, `blob ${flowId} is no flow`);
  const metadata = { flow_metadata: flow.metadata ?? {} };
  if (typeof stepId !== "string") return metadata;
  const step = flow.steps.find(({ id }) => id === stepId);
  if (!step) throw new CallbackFault(RPC_CODES.notFound, `flow ${flowId} has no step '${stepId}'`);
  return { ...metadata, step_metadata: step.metadata ?? {} };
}

/** A batch is a run with an item per input. */
export async function submitBatch(request: CallbackRequest): Promise<JsonObject> {
  const { flow_id: flowId, inputs, max_concurrency: limit } = readParams(SUBMIT_BATCH, request.params);
  const { runId } = await startChild(request, { flowId, inputs, maxConcurrency: limit ?? undefined });
  return { batch_id: runId, total_runs: inputs.length };
}

export async function getBatch(request: CallbackRequest): Promise<JsonObject> {
  const { batch_id: runId, wait, include_results: includeResults } = readParams(GET_BATCH, request.params);
  const summary = await waitForRun(request, runId, wait ? undefined : 0);
  const { total, completed, running, failed, cancelled } = itemCounts(summary);
  const details = {
    batch_id: runId,
    flow_id: summary.flowId,
    ...(summary.flowName !== undefined && { flow_name: summary.flowName }),
    total_runs: total,
    status: runStatusName(summary),
    created_at: summary.createdAt,
    completed_runs: completed,
    running_runs: running,
    failed_runs: failed,
    cancelled_runs: cancelled,
    paused_runs: 0,
    ...(summary.completedAt !== undefined && { completed_at: summary.completedAt }),
  };
  if (!includeResults) return { details };
  const results = await resultsOf(request, summary);
  return {
    details,
    outputs: results.map((item) => ({
      batch_input_index: item.itemIndex,
      status: itemStatusName(item),
      ...(item.result && { result: flowResult(item.result) }),
    })),
  };
}

async function storeFlow({ blobs }: CallbackRequest, flow: JsonObject[string] | undefined): Promise<FlowId> {
  if (flow === undefined) throw new CallbackFault(RPC_CODES.invalidParams, "invalid params: flow_id: is missing");
  const { id } = await blobs.put(new TextEncoder().encode(JSON.stringify(flow)), { blobType: "flow" });
  return id;
}
