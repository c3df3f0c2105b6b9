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
