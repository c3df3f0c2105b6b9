import { z } from "zod";
import type { BlobId, RunId } from "../ids.ts";
import { parseCursor } from "../list-cursor.ts";

const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const BLOB_ID = /^[0-9a-f]{64}$/;

/** A run id; upper case is accepted and lowered. */
export const runIdSchema = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => RUN_ID.test(text), "not a run id: a UUID as POST /runs answers it is expected")
  .transform((text) => text as RunId)
  .meta({ type: "string", format: "uuid", examples: ["019a9d2c-6f00-7cc3-98c4-dc0c0c000000"] });

/** A blob or flow id; upper case is accepted and lowered. */
export const blobIdSchema = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => BLOB_ID.test(text), "not an id: 64 hexadecimal digits (a SHA-256) are expected")
  .transform((text) => text as BlobId)
  .meta({
    type: "string",
    pattern: "^[0-9a-fA-F]{64}$",
    examples: ["5aa762ae383fbb727af3c7a36d4940a5b8c40a989452d2304fc958ff3f354e7a"],
  });

/** The cursor of a list ordered newest first. */
export const listCursor = z
  .string()
  .refine((text) => parseCursor(text) !== undefined, "not a cursor: use the `nextCursor` of the page before")
  .meta({ description: "`nextCursor` of the page before." });

/** The cursor of a list with fixed places: a run's items and steps. */
export const offsetCursor = z
  .string()
  .regex(/^\d{1,9}$/, "not a cursor: use the `nextCursor` of the page before")
  .transform(Number)
  .meta({ type: "string", description: "`nextCursor` of the page before." });

export const nextCursor = z.string().optional().meta({ description: "Absent on the last page." });
