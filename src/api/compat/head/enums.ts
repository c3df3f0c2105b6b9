/** Enumerations as numbers: that release answers protobuf messages as JSON. */
import type { DiagnosticLevel } from "../../../protocol/diagnostic.ts";
import type { Outcome } from "../../../protocol/flow-result.ts";
import { RUN_STATUSES, type RunStatus, type StepStatusName } from "../../../protocol/run.ts";
import { TASK_ERROR_CODES, type TaskErrorCode } from "../../../protocol/task-error.ts";

const COMPLETED = 2;
const FAILED = 3;

export function statusNumber(status: RunStatus): number {
  return RUN_STATUSES.indexOf(status) + 1;
}

/** `undefined` for 0 (unspecified) and for what is no status. */
export function statusOfNumber(number: number): RunStatus | undefined {
  return RUN_STATUSES[number - 1];
}

/** Steps have the statuses of runs there; those that are not running yet have none. */
export function stepStatusNumber(status: StepStatusName): number {
  switch (status) {
    case "blocked":
    case "runnable":
      return 0;
    case "running":
      return statusNumber("running");
    case "completed":
    case "skipped":
      return COMPLETED;
    case "failed":
      return FAILED;
  }
}

export function outcomeNumber(outcome: Outcome): number {
  return outcome === "failed" ? FAILED : COMPLETED;
}

export function errorNumber(code: TaskErrorCode): number {
  return TASK_ERROR_CODES.indexOf(code);
}

export function levelNumber(level: Exclude<DiagnosticLevel, "info">): number {
  return { fatal: 1, error: 2, warning: 3 }[level];
}
