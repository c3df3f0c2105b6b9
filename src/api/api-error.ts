import {
  API_ERROR_STATUSES,
  type ApiErrorStatus,
  type ErrorBody,
  type ErrorDetails,
  type RequestFault,
} from "../protocol/api/error-body.ts";

/**
 * A refusal on its way to the caller. Thrown anywhere in a handler and answered in one place (`answerError`): Hono's own idiom,
 * and the alternative, a result type through every handler, reads worse. It never crosses the border of `api`.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ApiErrorStatus;
  readonly details: ErrorDetails | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ApiErrorStatus,
    message: string,
    options: {
      readonly details?: ErrorDetails;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = status;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

/** A refusal for what is wrong in the request itself, each fault with its place. */
export function invalidRequest(faults: readonly RequestFault[]): ApiError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more, see details.faults)` : "";
  const message = first ? `${first.pointer || "The body"}: ${first.message}${more}` : "The request is not valid.";
  return new ApiError("INVALID_ARGUMENT", message, { details: { faults: [...faults] } });
}

/** The answer for anything thrown in a handler. `report` is told of what is our fault. */
export function answerError(error: unknown, report: (error: unknown) => void): Response {
  const { status, message, details, headers } = refusalFor(error, report);
  const code = API_ERROR_STATUSES[status];
  const body: ErrorBody = { error: { code, status, message, ...(details ? { details } : {}) } };
  return Response.json(body, { status: code, headers });
}

/** What the caller is told of anything thrown in a handler. `report` is told of what is our fault. */
export function refusalFor(error: unknown, report: (error: unknown) => void): ApiError {
  if (error instanceof ApiError) return error;
  const overloaded = hasFlag(error, "overloaded");
  if (overloaded || hasFlag(error, "retryable")) {
    const message = overloaded
      ? "The run takes more requests at the moment than it can answer. Try again later."
      : "The run's object was restarted while it answered. Try again.";
    return new ApiError("UNAVAILABLE", message, { headers: { "retry-after": "1" } });
  }
  report(error);
  return new ApiError("INTERNAL", "An unexpected fault of the orchestrator, told in its log. Trying again may help.");
}

/** The platform marks errors of a Durable Object's stub so. */
function hasFlag(error: unknown, flag: "overloaded" | "retryable"): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, flag) === true;
}
