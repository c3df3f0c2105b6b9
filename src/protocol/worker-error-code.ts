import { TASK_ERROR_CODES, type TaskErrorCode } from "./task-error.ts";

/**
 * The task error code for a number on an older wire: the reference's integers 0–10, JSON-RPC codes of workers (their meaning
 * changed between versions within one handshake, so most are COMPONENT_FAILED), and HTTP-like numbers of the first mocks.
 */
export function taskErrorCodeFromNumber(code: number): TaskErrorCode {
  const direct = TASK_ERROR_CODES[code];
  if (direct !== undefined) return direct;
  if (code === -32_001) return "COMPONENT_NOT_FOUND";
  // JSON-RPC's "invalid params": what a worker answers to input its component refuses.
  if (code === -32_602) return "INVALID_INPUT";
  if (code === -32_102) return "RESOURCE_UNAVAILABLE";
  if (code <= -32_300 && code > -32_400) return "UNREACHABLE";
  // Version mismatch, dependency, configuration; the orchestrator's own; JSON-RPC's own.
  if (
    (code <= -32_006 && code >= -32_010) ||
    (code <= -32_200 && code > -32_300) ||
    (code <= -32_600 && code >= -32_700)
  ) {
    return "WORKER_ERROR";
  }
  switch (code) {
    case 400:
    case 422:
      return "INVALID_INPUT";
    case 404:
      return "COMPONENT_NOT_FOUND";
    case 408:
    case 504:
      return "TIMEOUT";
    case 429:
    case 503:
      return "RESOURCE_UNAVAILABLE";
    default:
      return "COMPONENT_FAILED";
  }
}

/** In the table that workers and clients of 0.9 to 0.11 share; they know no other form of a code. */
const NUMBERS: Readonly<Record<TaskErrorCode, number>> = {
  UNSPECIFIED: -32_000,
  TIMEOUT: -32_300,
  INVALID_INPUT: -32_004,
  COMPONENT_FAILED: -32_100,
  CANCELLED: -32_000,
  UNREACHABLE: -32_300,
  COMPONENT_NOT_FOUND: -32_001,
  RESOURCE_UNAVAILABLE: -32_102,
  EXPRESSION_FAILURE: -32_200,
  ORCHESTRATOR_ERROR: -32_202,
  WORKER_ERROR: -32_000,
};

/** The number that peers of 0.9 to 0.11 expect for a task error code. */
export function workerErrorNumber(code: TaskErrorCode): number {
  return NUMBERS[code];
}
