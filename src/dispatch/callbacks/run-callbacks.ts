import { z } from "zod";
import type { FlowId, RunId } from "../../protocol/ids.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { ItemResult, RunSummary } from "../../protocol/run.ts";
import { CallbackFault, RPC_CODES } from "./callback-fault.ts";
import type { CallbackRequest } from "./callback-request.ts";
import { blobIdParam, countParam, jsonParam, readParams, runIdParam } from "./read-params.ts";
import { runStatus } from "./run-status.ts";
import type { RunAnswer } from "./worker-runs.ts";

const timeoutParam = z.number().nonnegative().nullish();
const SUBMIT = z.object({
  flowId: blobIdParam,
  inputs: z.array(jsonParam),
  subflowKey: z.string().nullish(),
  wait: z.boolean().nullish(),
  maxConcurrency: countParam,
  overrides: jsonParam.optional(),
  timeoutSecs: timeoutParam,
});
const GET = z.object({
  runId: runIdParam,
  wait: z.boolean().nullish(),
  includeResults: z.boolean().nullish(),
  resultOrder: z.enum(["by_index", "by_completion", "byIndex", "byCompletion"]).nullish(),
  timeoutSecs: timeoutParam,
});

export async function submitRun(request: CallbackRequest): Promise<JsonObject> {
  const params = readParams(SUBMIT, request.params);
  const started = await startChild(request, {
    flowId: params.flowId,
    inputs: params.inputs,
    key: params.subflowKey ?? undefined,
    overrides: params.overrides ?? undefined,
    maxConcurrency: params.maxConcurrency ?? undefined,
  });
  if (!params.wait) return runStatus(started);
  const summary = await waitForRun(request, started.runId as RunId, params.timeoutSecs ?? undefined);
  return runStatus(summary, await resultsOf(request, summary));
}

export async function getRun(request: CallbackRequest): Promise<JsonObject> {
  const { runId, wait, includeResults, resultOrder, timeoutSecs } = readParams(GET, request.params);
  const summary = await waitForRun(request, runId, wait ? (timeoutSecs ?? undefined) : 0);
  const order = resultOrder === "by_completion" || resultOrder === "byCompletion" ? "by_completion" : "by_index";
  return runStatus(summary, includeResults ? await resultsOf(request, summary, order) : undefined);
}

/** Starts a run below the calling step's; a flow that is not stored is "not found" to the worker. */
export async function startChild(
  { call, blobs, runs, keys }: CallbackRequest,
  child: {
    readonly flowId: FlowId;
    readonly inputs: readonly Json[];
    readonly key?: string | undefined;
    readonly overrides?: Json | undefined;
    readonly maxConcurrency?: number | undefined;
  },
): Promise<RunSummary> {
  const { flowId, inputs, overrides, maxConcurrency } = child;
  if (!(await blobs.head(flowId))) throw new CallbackFault(RPC_CODES.notFound, `there is no flow ${flowId}`);
  const key = child.key ?? keys.next(call, JSON.stringify([flowId, inputs]));
  return valueOf(
    await runs.submit(call, {
      flowId,
      inputs,
      key,
      ...(overrides !== undefined && { overrides }),
      ...(maxConcurrency !== undefined && { maxConcurrency }),
    }),
  );
}

/** Answers when the run has ended: these workers take a running one for a fault. `timeoutSecs`: unless they say so. */
export async function waitForRun(
  { call, runs, signal }: CallbackRequest,
  runId: RunId,
  timeoutSecs: number | undefined,
): Promise<RunSummary> {
  const waitMs = timeoutSecs === undefined ? Number.POSITIVE_INFINITY : timeoutSecs * 1000;
  return valueOf(await runs.summary(call.namespace, runId, { waitMs, signal }));
}

export async function resultsOf(
  { call, runs }: CallbackRequest,
  { runId }: RunSummary,
  order: "by_index" | "by_completion" = "by_index",
): Promise<readonly ItemResult[]> {
  return valueOf(await runs.results(call.namespace, runId as RunId, order));
}

function valueOf<T>(answer: RunAnswer<T>): T {
  switch (answer.kind) {
    case "ok":
      return answer.value;
    case "not_found":
      throw new CallbackFault(RPC_CODES.notFound, answer.message);
    case "refused":
      throw new CallbackFault(RPC_CODES.badRequest, answer.message);
  }
}
