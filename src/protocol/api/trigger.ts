/**
 * Triggers on the wire. Each kind brings its own fields (`webhook.ts`); what all have is here. A trigger's document is one of a
 * union, read in full by `triggerDocument`; the body of a PUT is the same with every kind's fields side by side.
 */
import { z } from "zod";
import { requestFault } from "./error-body.ts";
import { blobIdSchema, nextCursor } from "./identifier.ts";
import { jsonObject, jsonValue } from "./json-value.ts";
import { pageLimit } from "./query-value.ts";
import { allowComponents, labels } from "./run.ts";
import { scheduleFields, scheduleState } from "./schedule.ts";
import { webhookFields } from "./webhook.ts";

const time = z.iso.datetime().meta({ examples: ["2026-11-21T09:00:00.000Z"] });

export const triggerName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,127}$/,
    "a trigger's name has 1 to 128 lower-case letters, digits, dots, hyphens and underscores, and starts with a letter or digit",
  )
  .meta({ examples: ["on-push"] });

const commonFields = {
  flow: jsonObject
    .optional()
    .meta({ description: "A flow document; it is stored, and `flowId` names it from then on." }),
  flowId: blobIdSchema.optional().meta({ description: "A stored flow." }),
  flowName: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: "The flow that is stored last under this name whenever a run starts." }),
  enabled: z.boolean().default(true).meta({ description: "False: it starts nothing." }),
  description: z.string().max(1000).optional(),
  variables: jsonObject.optional().meta({ description: "The variables of its runs." }),
  labels: labels.optional().meta({ description: "Labels of its runs; `trigger` is added with the trigger's name." }),
  maxConcurrency: z.int().min(1).max(100_000).optional().meta({ description: "Tasks in flight over one of its runs." }),
  allowComponents: allowComponents
    .optional()
    .meta({ description: "Which components its runs may name; those of the token it was made with unless given." }),
};

const webhook = z.strictObject({ type: z.literal("webhook"), ...commonFields, ...webhookFields });
export type WebhookDocument = z.output<typeof webhook>;
const schedule = z.strictObject({ type: z.literal("schedule"), ...commonFields, ...scheduleFields });
export type ScheduleDocument = z.output<typeof schedule>;

/** A whole trigger: exactly one way to name its flow, and no fields but those of its kind. */
export const triggerDocument = z.discriminatedUnion("type", [webhook, schedule]).check(({ value, issues }) => {
  const given = (["flow", "flowId", "flowName"] as const).filter((name) => value[name] !== undefined);
  if (given.length === 1) return;
  const message =
    given.length === 0 ? "give one of `flow`, `flowId` and `flowName`" : `give only one of ${given.join(" and ")}`;
  issues.push({ code: "custom", input: value, path: [given[1] ?? "flow"], message });
});
export type TriggerDocument = z.output<typeof triggerDocument>;
export type TriggerType = TriggerDocument["type"];

const TRIGGER_TYPES = ["webhook", "schedule"] as const satisfies readonly TriggerType[];

const triggerInput = jsonValue.optional().meta({
  description:
    'What the run gets: an expression of the flow language over `$input`, or `{"jsonata": "…"}`. `$input` of a webhook is `{body, headers, query, path, method, rawBody?}`, and the run gets the body unless this is given; of a schedule it is `{scheduledAt, firedAt, name, previousFiredAt?}`, and the run gets all of it.',
});

/** `PUT /triggers/{name}`: `triggerDocument` decides what of it goes together. */
export const putTriggerBody = z
  .object({
    type: z.enum(TRIGGER_TYPES),
    ...commonFields,
    ...z.object(webhookFields).partial().shape,
    ...scheduleFields,
    input: triggerInput,
  })
  .meta({
    id: "PutTrigger",
    description: "Exactly one of `flow`, `flowId` and `flowName` is needed.",
    examples: [
      {
        type: "webhook",
        flowName: "review",
        signature: { scheme: "github", secret: "${GITHUB_WEBHOOK_SECRET}" },
        filter: { jsonata: "body.action = 'opened'" },
        input: { pull: { $input: "$.body.pull_request.number" } },
      },
      { type: "schedule", flowName: "report", cron: "0 9 * * MON-FRI", timezone: "Europe/Berlin", overlap: "skip" },
    ],
  });

export const triggerParams = z.object({ name: triggerName });

/** A trigger as it is told: without secrets. */
export const listedTrigger = z
  .object({
    name: triggerName,
    ...putTriggerBody.shape,
    signature: z
      .looseObject({ scheme: z.string() })
      .optional()
      .meta({ description: "How deliveries are checked; secrets are not told." }),
    source: z
      .enum(["api", "config"])
      .meta({ description: "`config`: of the deployment's configuration, not changed here." }),
    createdAt: time.optional(),
    updatedAt: time.optional(),
    ...scheduleState,
    url: z.url().optional().meta({ description: "Where deliveries of a webhook go." }),
    warnings: z.array(requestFault).optional(),
  })
  .meta({ id: "Trigger" });

export const listTriggersQuery = z.object({
  type: z.enum(TRIGGER_TYPES).optional(),
  limit: pageLimit,
  cursor: triggerName.optional().meta({ description: "`nextCursor` of the page before." }),
});
export const triggerPage = z.object({ triggers: z.array(listedTrigger), nextCursor }).meta({ id: "TriggerPage" });
export const deletedTrigger = z.object({ name: triggerName, deleted: z.literal(true) }).meta({ id: "DeletedTrigger" });
