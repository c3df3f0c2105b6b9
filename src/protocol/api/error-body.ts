import { z } from "zod";
import { diagnosticSchema } from "./diagnostic.ts";

/** Why a request was refused, in one word; each goes with one HTTP status. */
export const API_ERROR_STATUSES = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  FAILED_PRECONDITION: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;
export type ApiErrorStatus = keyof typeof API_ERROR_STATUSES;

/** One thing wrong (or odd) in a request, and where: a JSON pointer into the body, `?name` for a query parameter. */
export const requestFault = z
  .object({
    pointer: z.string().meta({ examples: ["/input/0/question", "?limit"] }),
    message: z.string(),
  })
  .meta({
    id: "RequestFault",
    description: "One thing wrong in a request: a JSON pointer into the body, or `?name` for a query parameter.",
  });
export type RequestFault = z.infer<typeof requestFault>;

export const errorBody = z
  .object({
    error: z.object({
      code: z.int().meta({ description: "The HTTP status." }),
      status: z.enum(Object.keys(API_ERROR_STATUSES) as [ApiErrorStatus, ...ApiErrorStatus[]]),
      message: z.string().meta({ description: "What was wrong, where, and what to do about it." }),
      details: z
        .object({
          faults: z.array(requestFault).optional(),
          diagnostics: z.array(diagnosticSchema).optional().meta({ description: "What is wrong with the flow." }),
          line: z.int().optional().meta({ description: "1-based place in the body's text." }),
          column: z.int().optional(),
          limit: z.string().optional().meta({ description: "The name of the limit that was exceeded." }),
          value: z.int().optional().meta({ description: "The value of that limit." }),
        })
        .optional(),
    }),
  })
  .meta({ id: "Error", description: "Every answer that is not a success has this body." });
export type ErrorBody = z.infer<typeof errorBody>;
export type ErrorDetails = NonNullable<ErrorBody["error"]["details"]>;
