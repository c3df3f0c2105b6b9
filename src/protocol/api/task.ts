import { z } from "zod";
import { MAX_PROGRESS_CHARACTERS, readProgress } from "../progress.ts";
import { TASK_ERROR_CODES } from "../task-error.ts";
import { jsonValue } from "./json-value.ts";

/** The longest a worker may go without a word, seconds: as long as a run may be open. */
export const MAX_TASK_DEADLINE_SECS = 366 * 24 * 60 * 60;

const deadlineSecs = z.number().positive().max(MAX_TASK_DEADLINE_SECS);

export const taskParams = z.object({
  token: z
    .string()
    .meta({ description: "From the header `stepflow-task-url` of the call that was answered with 202." }),
});

export const completeTaskBody = z
  .object({ output: jsonValue.meta({ description: "The component's result." }) })
  .meta({ id: "CompleteTask", examples: [{ output: { text: "done" } }] });

export const failTaskBody = z
  .object({
    code: z.enum(TASK_ERROR_CODES).default("COMPONENT_FAILED"),
    message: z.string().min(1),
    data: jsonValue.optional(),
    retryAfterSecs: z.number().nonnegative().max(86_400).optional().meta({
      description: "If the failure is retried: not before.",
    }),
  })
  .meta({
    id: "FailTask",
    examples: [{ code: "RESOURCE_UNAVAILABLE", message: "the model is loading", retryAfterSecs: 30 }],
  });

export const heartbeatBody = z
  .object({
    deadlineSecs: deadlineSecs.optional().meta({
      description: "How long until the next word at the latest; as last time unless given.",
    }),
    progress: jsonValue.optional().meta({ description: "From 0 to 1; anything else is taken as `details`." }),
    message: z.string().optional().meta({ description: "For people." }),
    details: jsonValue.optional().meta({
      description: "What the next attempt needs to go on from here; it gets the last word of those before.",
    }),
  })
  .refine((body) => readProgress(body).kind !== "too_large", {
    message: `progress, message and details together have more than ${MAX_PROGRESS_CHARACTERS} characters of JSON; store the state as a blob and give its id`,
  })
  .meta({ id: "TaskSign", examples: [{ deadlineSecs: 3600 }, { progress: 0.4, message: "page 40 of 100" }] });

export const reportedTask = z
  .object({
    accepted: z.literal(true),
    repeated: z.boolean().meta({ description: "The same report had been taken before." }),
  })
  .meta({ id: "ReportedTask" });

export const taskHeartbeat = z
  .object({
    active: z.boolean().meta({ description: "False: the result is not wanted any more; stop working." }),
    deadlineAt: z.iso.datetime().optional().meta({ description: "When the attempt times out without a further word." }),
    reason: z.string().optional().meta({ description: "Why it is not wanted any more." }),
  })
  .meta({ id: "TaskHeartbeat" });
