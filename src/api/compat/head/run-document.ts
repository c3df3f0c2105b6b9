import { itemCounts, runStatusName } from "../../../dispatch/callbacks/run-status.ts";
import type { ItemResult, RunSummary, StepRecord } from "../../../protocol/run.ts";
import { errorNumber, statusNumber, stepStatusNumber } from "./enums.ts";

/** Skipped is failed here too: a run knows success and failure. */
export function summaryDocument(summary: RunSummary): object {
  const { outcome: _, labels: __, ...same } = summary;
  return { ...same, status: statusNumber(runStatusName(summary)), items: itemCounts(summary) };
}

export function itemDocument({ itemIndex, status, result, completedAt }: ItemResult): object {
  const item = { itemIndex, status: statusNumber(status), completedAt };
  switch (result?.outcome) {
    case undefined:
      return item;
    case "success":
      return { ...item, output: result.result };
    case "failed":
      return { ...item, errorMessage: result.error.message, errorCode: errorNumber(result.error.code) };
    case "skipped":
      return {
        ...item,
        status: statusNumber("failed"),
        errorMessage: "the item was skipped",
        errorCode: errorNumber("CANCELLED"),
      };
  }
}

export function stepDocument({ error, status, ...same }: StepRecord): object {
  return {
    ...same,
    status: stepStatusNumber(status),
    ...(error && { errorMessage: error.message, errorCode: errorNumber(error.code) }),
  };
}
