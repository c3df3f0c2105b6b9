import { z } from "zod";
import type { BlobId, RunId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { CallbackFault, RPC_CODES } from "./callback-fault.ts";

/** Any JSON value, which a message that was parsed holds anyway; `undefined` when it is missing. */
export const jsonParam = z.custom<Json>((value) => value !== undefined, "is missing");
export const blobIdParam = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits")
  .transform((text) => text.toLowerCase() as BlobId);
export const runIdParam = z.uuid("must be a UUID").transform((text) => text.toLowerCase() as RunId);
/** Absent and `null` are the same. */
export const countParam = z.int().positive().nullish();

/** The params of a callback; what is wrong with them is told with its place. Unknown ones are passed over. */
export function readParams<Schema extends z.ZodObject>(schema: Schema, params: Json): z.output<Schema> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "params"}: ${message}`);
  throw new CallbackFault(RPC_CODES.invalidParams, `invalid params: ${faults.join("; ")}`);
}
