/** Values as query strings spell them. */
import { z } from "zod";

export const queryBoolean = z
  .enum(["true", "false"], { error: 'expected "true" or "false"' })
  .transform((text) => text === "true")
  .meta({ type: "boolean" });

/** A whole number in a range. */
export function queryInteger(minimum: number, maximum: number) {
  const error = `expected a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, error)
    .meta({ type: "integer", minimum, maximum });
}

/** RFC 3339 text or epoch milliseconds; gives epoch milliseconds. */
export const queryTime = z
  .string()
  .transform((text) => (/^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((at) => Number.isFinite(at), "expected a time such as 2026-11-21T09:00:00Z, or epoch milliseconds")
  .meta({ type: "string", format: "date-time" });

/** Page size; the default is said where it is used. */
export const pageLimit = queryInteger(1, 1000).optional().meta({ description: "Entries per page; 100 unless given." });
