import { z } from "zod";
import { RUN_STATUSES } from "../run.ts";
import { requestFault } from "./error-body.ts";
import { blobIdSchema, listCursor, nextCursor, runIdSchema } from "./identifier.ts";
import { queryTime } from "./query-value.ts";
import { labels } from "./run.ts";

const MAX_BULK = 1_000;

/** Which runs: those named, or those that a filter finds. */
export const bulkRunsBody = z
  .object({
    runIds: z
      .array(runIdSchema)
      .min(1)
      .max(MAX_BULK)
      .optional()
      .meta({ description: "These runs; no filter beside it." }),
    status: z.enum(RUN_STATUSES).optional(),
    flowId: blobIdSchema.optional(),
    flowName: z.string().min(1).optional(),
    labels: labels.optional().meta({ description: "All must match." }),
    createdAfter: queryTime.optional().meta({ description: "Created then or later." }),
    createdBefore: queryTime.optional().meta({ description: "Created earlier." }),
    all: z.literal(true).optional().meta({ description: "Every run: needed where nothing else says which." }),
    dryRun: z.boolean().optional().meta({ description: "Tell what would be done, and do nothing." }),
    limit: z.int().min(1).max(MAX_BULK).optional().meta({ description: "Runs per request; 100 unless given." }),
    cursor: listCursor.optional(),
  })
  .meta({ id: "BulkRuns", examples: [{ status: "failed", labels: { team: "search" }, dryRun: true }] });

const count = z.int();
export const bulkOutcome = z
  .object({
    dryRun: z.boolean(),
    results: z.array(
      z.object({
        runId: runIdSchema,
        outcome: z.enum(["done", "skipped", "failed"]),
        reason: z.string().optional().meta({ description: "Why not, when skipped or failed." }),
        newRunId: runIdSchema.optional().meta({ description: "Of a retry: the run that was started." }),
        repeated: z.literal(true).optional().meta({ description: "That run had been started before." }),
      }),
    ),
    counts: z.object({ done: count, skipped: count, failed: count }),
    nextCursor,
    warnings: z.array(requestFault).optional(),
  })
  .meta({ id: "BulkOutcome" });
