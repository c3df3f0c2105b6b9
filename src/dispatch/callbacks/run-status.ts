/** Runs and their results as workers of 0.2 to 0.11 read them: strict about nulls, integer error codes, success or failed only. */
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ItemResult, RunStatus, RunSummary } from "../../protocol/run.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import { workerErrorNumber } from "../../protocol/worker-error-code.ts";

/** `results` is left out unless given: these workers refuse `null` there and then wait for ever. */
export function runStatus(summary: RunSummary, results?: readonly ItemResult[]): JsonObject {
  const { runId, flowId, flowName, createdAt, completedAt } = summary;
  return {
    runId,
    flowId,
    ...(flowName !== undefined && { flowName }),
    status: runStatusName(summary),
    items: itemCounts(summary),
    createdAt,
    ...(completedAt !== undefined && { completedAt }),
    ...(results && { results: results.map(itemResult) }),
  };
}

/** Skipped is a word they do not know: they are told failed. */
export function runStatusName({ status, outcome }: RunSummary): RunStatus {
  return outcome === "skipped" ? "failed" : status;
}

export function itemCounts({ items }: RunSummary) {
  const { total, completed, running, failed, cancelled, skipped } = items;
  return { total, completed: completed - skipped, running, failed: failed + skipped, cancelled };
}

export function itemStatusName({ status, result }: ItemResult): string {
  return result?.outcome === "skipped" ? "failed" : status;
}

function successOrFailed(result: FlowResult): JsonObject {
  if (result.outcome !== "skipped") return flowResult(result);
  return { outcome: "failed", error: wireError({ code: "CANCELLED", message: "the run was skipped" }) };
}

/** As `successOrFailed`, for the workers that know `skipped`. */
export function flowResult(result: FlowResult): JsonObject {
  switch (result.outcome) {
    case "success":
      return { outcome: "success", result: result.result };
    case "failed":
      return { outcome: "failed", error: wireError(result.error) };
    case "skipped":
      return { outcome: "skipped" };
  }
}

function itemResult(item: ItemResult): JsonObject {
  return {
    itemIndex: item.itemIndex,
    status: itemStatusName(item),
    ...(item.result && { result: successOrFailed(item.result) }),
    ...(item.completedAt !== undefined && { completedAt: item.completedAt }),
  };
}

/** The number is all that these workers know; several codes share one, so our SDK is told the code itself beside it. */
function wireError({ code, message, data }: TaskError): JsonObject {
  return { code: workerErrorNumber(code), message, ...(data !== undefined && { data }), taskErrorCode: code };
}
