import { z } from "zod";
import { nextCursor, offsetCursor, runIdSchema } from "./identifier.ts";
import { jsonObject, jsonValue } from "./json-value.ts";
import { pageLimit } from "./query-value.ts";
import { runParams } from "./run.ts";

const MAX_NAME_LENGTH = 256;
const time = z.iso.datetime();

const approverLink = z
  .object({
    approver: z.string().optional().meta({ description: "Whose link it is; absent: whoever has it." }),
    page: z.url().meta({ description: "A page that shows what is asked, and asks before it decides." }),
    approve: z.url().meta({ description: "The same page with the one answer chosen; a POST here approves." }),
    reject: z.url(),
  })
  .meta({ id: "ApproverLink", description: "Signed, for one decision. Whoever has it may decide." });

export const approvalAsked = z
  .object({
    title: z.string(),
    message: z.string().optional(),
    form: jsonObject.optional().meta({ description: "JSON Schema of what is filled in." }),
    approvers: z.array(z.string()).optional(),
    links: z.array(approverLink),
  })
  .meta({ id: "ApprovalAsked" });

const wait = z.object({
  runId: runIdSchema,
  itemIndex: z.int(),
  stepIndex: z.int(),
  stepId: z.string(),
  elementIndex: z.int().optional(),
  since: time,
  until: time.optional().meta({ description: "When it is given up; absent: never." }),
});

const runWait = z
  .discriminatedUnion("kind", [
    wait.extend({ kind: z.literal("signal"), name: z.string(), schema: jsonValue.optional() }),
    wait.extend({ kind: z.literal("approval"), approval: approvalAsked }),
  ])
  .meta({ id: "RunWait", description: "Something that a run, or one of its sub-runs, waits for." });

export const listWaitsQuery = z.object({ limit: pageLimit, cursor: offsetCursor.optional() });
export const waitPage = z.object({ waits: z.array(runWait), nextCursor }).meta({ id: "WaitPage" });

export const signalParams = runParams.extend({
  name: z
    .string()
    .min(1)
    .max(MAX_NAME_LENGTH)
    .meta({ description: "What the step waits for.", examples: ["paid"] }),
});
export const signalBody = z
  .object({
    payload: jsonValue.optional().meta({ description: "What the step gives; null unless given." }),
    id: z.string().min(1).max(MAX_NAME_LENGTH).optional().meta({
      description: "A signal with an id that the run has seen is taken for the same one. Wins over the header.",
    }),
  })
  .meta({ id: "Signal", examples: [{ payload: { amount: 12 }, id: "payment-4711" }] });
export const signalHeaders = z.object({
  "idempotency-key": z.string().min(1).max(MAX_NAME_LENGTH).optional().meta({ description: "The same as `id`." }),
});
export const acceptedSignal = z
  .object({
    accepted: z.literal(true),
    duplicate: z.boolean().optional().meta({ description: "The run had taken a signal of this id before." }),
  })
  .meta({ id: "AcceptedSignal" });
