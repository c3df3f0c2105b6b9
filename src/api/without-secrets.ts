import type { Redactor } from "../core/secrets/index.ts";
import type { ErrorDetails } from "../protocol/api/error-body.ts";
import type { Json } from "../protocol/json.ts";
import { ApiError } from "./api-error.ts";

/** The refusal as its caller may see it: a fault may quote the value that it is about. */
export function withoutSecrets(error: ApiError, redactor: Redactor | undefined): ApiError {
  if (!redactor) return error;
  const { status, message, details, headers } = error;
  return new ApiError(status, redactor.text(message), {
    headers,
    ...(details && { details: redactor.json(details as unknown as Json) as unknown as ErrorDetails }),
  });
}
