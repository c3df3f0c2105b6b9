import { z } from "zod";
import type { RunEventMessage } from "../event.ts";
import { RUN_STATUSES } from "../run.ts";
import { blobIdSchema, runIdSchema } from "./identifier.ts";
import { jsonValue } from "./json-value.ts";
import { queryBoolean, queryInteger } from "./query-value.ts";
import { progressFields, runOrigin, stepWarnings, taskError } from "./run.ts";
import { approvalAsked } from "./wait.ts";

const outcome = z.enum(["success", "failed", "skipped"]);
const base = z.object({ sequenceNumber: z.int(), timestamp: z.iso.datetime(), runId: runIdSchema });
const step = base.extend({
  itemIndex: z.int(),
  stepIndex: z.int(),
  stepId: z.string(),
  elementIndex: z.int().optional(),
  compensation: z
    .literal(true)
    .optional()
    .meta({ description: "It is not the step itself but what undoes it; `itemIndex` is the item that is undone." }),
  compensatedRunId: runIdSchema
    .optional()
    .meta({ description: "The step's run, where that is a sub-run of the item's." }),
});
const result = { outcome, reused: z.boolean().optional(), result: jsonValue.optional(), error: taskError.optional() };
const chunk = base.extend({ chunkRunId: runIdSchema, firstItemIndex: z.int(), itemCount: z.int() });

const cached = z.literal(true).optional().meta({ description: "The result of an earlier call, by the step's cache." });

/** `RunEventMessage` on the wire. */
export const runEvent = z
  .discriminatedUnion("type", [
    base.extend({
      type: z.literal("run_created"),
      flowId: blobIdSchema,
      itemCount: z.int(),
      origin: runOrigin.optional(),
    }),
    base.extend({
      type: z.literal("sub_run_created"),
      parentRunId: runIdSchema,
      flowId: blobIdSchema,
      itemCount: z.int(),
    }),
    base.extend({ type: z.literal("item_started"), itemIndex: z.int(), deadlineAt: z.iso.datetime() }),
    chunk.extend({ type: z.literal("chunk_started") }),
    chunk.extend({
      type: z.literal("chunk_completed"),
      status: z.enum(RUN_STATUSES),
      successful: z.int(),
      failed: z.int(),
      skipped: z.int(),
    }),
    step.extend({ type: z.literal("step_started"), attempt: z.int() }),
    step.extend({
      type: z.literal("step_waiting"),
      until: z.iso.datetime().optional(),
      awaits: z.string().optional().meta({ description: "The signal that is waited for." }),
      approval: approvalAsked.optional(),
    }),
    base.extend({
      type: z.literal("signal_received"),
      name: z.string(),
      signalId: z.string().optional(),
      payload: jsonValue.optional(),
    }),
    step.extend({
      type: z.literal("approval_decided"),
      decision: z.enum(["approved", "rejected"]),
      by: z.string().optional(),
    }),
    step.extend({ type: z.literal("attempt_failed"), attempt: z.int(), retryAt: z.iso.datetime(), error: taskError }),
    step.extend({ type: z.literal("attempt_progress"), attempt: z.int(), ...progressFields }),
    step.extend({ type: z.literal("step_completed"), ...result, cached, warnings: stepWarnings }),
    base.extend({ type: z.literal("item_completed"), itemIndex: z.int(), ...result }),
    base.extend({
      type: z.literal("compensation_started"),
      itemIndex: z.int(),
      reason: z
        .enum(["failed", "cancelled", "stopped"])
        .meta({ description: "`stopped`: its own part is undone by an item above." }),
      error: taskError.optional(),
    }),
    base.extend({ type: z.literal("compensation_completed"), itemIndex: z.int() }),
    base.extend({ type: z.literal("cancel_requested") }),
    base.extend({ type: z.literal("run_paused") }),
    base.extend({ type: z.literal("run_resumed") }),
    base.extend({ type: z.literal("run_completed"), status: z.enum(RUN_STATUSES), outcome: outcome.optional() }),
  ])
  .meta({ id: "RunEvent" });

const EVENT_TYPES = [
  "run_created",
  "sub_run_created",
  "item_started",
  "chunk_started",
  "chunk_completed",
  "step_started",
  "step_waiting",
  "signal_received",
  "approval_decided",
  "attempt_failed",
  "attempt_progress",
  "step_completed",
  "item_completed",
  "compensation_started",
  "compensation_completed",
  "cancel_requested",
  "run_paused",
  "run_resumed",
  "run_completed",
] as const satisfies readonly RunEventMessage["type"][];

const sequenceNumber = queryInteger(0, Number.MAX_SAFE_INTEGER);
export const runEventsQuery = z.object({
  since: sequenceNumber
    .optional()
    .meta({ description: "Only events after this sequence number. `Last-Event-ID` wins over it." }),
  includeSubRuns: queryBoolean.optional().meta({ description: "Also the events of the run's sub-runs." }),
  includeResults: queryBoolean
    .optional()
    .meta({ description: "Put results and errors of steps and items into their events." }),
  eventTypes: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(EVENT_TYPES)))
    .optional()
    .meta({ type: "string", description: `Comma-separated; all unless given: ${EVENT_TYPES.join(", ")}.` }),
});
export const runEventsHeaders = z.object({
  "last-event-id": sequenceNumber.optional().meta({ description: "As a browser sends it when it connects again." }),
});
