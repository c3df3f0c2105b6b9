import type { Json } from "./json.ts";

/** The reference's error codes, index = the integer form on older wires (flow-semantics §3.2). */
export const TASK_ERROR_CODES = [
  "UNSPECIFIED",
  "TIMEOUT",
  "INVALID_INPUT",
  "COMPONENT_FAILED",
  "CANCELLED",
  "UNREACHABLE",
  "COMPONENT_NOT_FOUND",
  "RESOURCE_UNAVAILABLE",
  "EXPRESSION_FAILURE",
  "ORCHESTRATOR_ERROR",
  "WORKER_ERROR",
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

/** Why a task, an item or a run failed. `data` is free: the orchestrator's own has `{stack: [{error, attachments?}]}`. */
export interface TaskError {
  readonly code: TaskErrorCode;
  readonly message: string;
  readonly data?: Json;
}
