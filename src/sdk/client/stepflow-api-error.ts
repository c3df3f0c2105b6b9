import type { ApiErrorStatus, ErrorBody, ErrorDetails } from "../../protocol/api/error-body.ts";

/** An answer of the API that is no success. A connection that fails is the `TypeError` of `fetch` instead. */
export class StepflowApiError extends Error {
  override readonly name = "StepflowApiError";
  /** The HTTP status. */
  readonly code: number;
  /** The kind of failure in one word; UNKNOWN when something else than the API has answered. */
  readonly status: ApiErrorStatus | "UNKNOWN";
  /** JSON pointers to what is wrong in the request, diagnostics of the flow, the limit that was exceeded. */
  readonly details: ErrorDetails | undefined;

  constructor(code: number, status: ApiErrorStatus | "UNKNOWN", message: string, details?: ErrorDetails) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

export async function apiErrorOf(response: Response, what: string): Promise<StepflowApiError> {
  const text = await response.text();
  try {
    const { error }: Partial<ErrorBody> = JSON.parse(text);
    if (typeof error?.message === "string")
      return new StepflowApiError(response.status, error.status, error.message, error.details);
  } catch {
    // A proxy's page, say: the status has to do.
  }
  const excerpt = text.trim().slice(0, 200);
  return new StepflowApiError(
    response.status,
    "UNKNOWN",
    `${what}: HTTP ${response.status}${excerpt === "" ? "" : `: ${excerpt}`}`,
  );
}
