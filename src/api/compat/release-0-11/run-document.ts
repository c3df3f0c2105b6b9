import { itemCounts, itemStatusName, runStatusName } from "../../../dispatch/callbacks/run-status.ts";
import type { FlowResult } from "../../../protocol/flow-result.ts";
import type { ItemResult, RunSummary, StepRecord } from "../../../protocol/run.ts";
import { workerErrorNumber } from "../../../protocol/worker-error-code.ts";

/** A run as 0.11 shows it: flat, and skipped is failed. */
export function runDocument(summary: RunSummary): object {
  const { outcome: _, labels: __, ...same } = summary;
  return { ...same, status: runStatusName(summary), items: itemCounts(summary) };
}

export function itemDocument(item: ItemResult): object {
  return {
    ...item,
    status: itemStatusName(item),
    ...(item.result && { result: resultDocument(item.result) }),
  };
}

export function stepDocument({ stepId, component, status, output, error }: StepRecord): object {
  const step = { stepId, component, status };
  if (error !== undefined) return { ...step, result: resultDocument({ outcome: "failed", error }) };
  if (output !== undefined) return { ...step, result: resultDocument({ outcome: "success", result: output }) };
  return step;
}

function resultDocument(result: FlowResult): object {
  switch (result.outcome) {
    case "success":
      return result;
    case "failed":
      return { outcome: "failed", error: { ...result.error, code: workerErrorNumber(result.error.code) } };
    case "skipped":
      return { outcome: "failed", error: { code: workerErrorNumber("CANCELLED"), message: "the item was skipped" } };
  }
}
