import { assertNever } from "../protocol/assert-never.ts";
import type { RunFault, RunReply } from "../run/run-api.ts";
import { ApiError } from "./api-error.ts";

/** The value of a run's reply; its fault is thrown as a refusal. */
export function valueOf<T>(reply: RunReply<T>, runId: string): T {
  if (reply.ok) return reply.value;
  throw refusalOf(reply.fault, runId);
}

export function refusalOf(fault: RunFault, runId: string): ApiError {
  switch (fault.kind) {
    case "not_found":
      return new ApiError("NOT_FOUND", `There is no run ${runId}.`);
    case "conflict":
      return new ApiError("CONFLICT", fault.message);
    case "invalid":
      return new ApiError(
        "INVALID_ARGUMENT",
        fault.message,
        fault.diagnostics || fault.faults
          ? {
              details: {
                ...(fault.diagnostics && { diagnostics: [...fault.diagnostics] }),
                ...(fault.faults && { faults: [...fault.faults] }),
              },
            }
          : {},
      );
    case "forbidden":
      return new ApiError("FORBIDDEN", fault.message, { details: { faults: [...fault.faults] } });
    case "precondition":
      return new ApiError("FAILED_PRECONDITION", fault.message);
    default:
      return assertNever(fault);
  }
}
