import { z } from "zod";
import { COMPONENT_PATTERN, COMPONENT_PATTERN_FORM, MAX_COMPONENT_PATTERNS } from "../component-pattern.ts";
import { ORIGIN_KINDS, RUN_STATUSES, STEP_STATUSES } from "../run.ts";
import { TASK_ERROR_CODES } from "../task-error.ts";
import { requestFault } from "./error-body.ts";
import { blobIdSchema, listCursor, nextCursor, offsetCursor, runIdSchema } from "./identifier.ts";
import { jsonObject, jsonValue } from "./json-value.ts";
import { pageLimit, queryBoolean, queryInteger, queryTime } from "./query-value.ts";

const MAX_WAIT_SECS = 3600;
const time = z.iso.datetime().meta({ examples: ["2026-11-21T09:00:00.000Z"] });
const outcome = z.enum(["success", "failed", "skipped"]);
const LABEL_KEY_LENGTH = 64;
export const labels = z
  .record(z.string().min(1).max(LABEL_KEY_LENGTH), z.string().max(256))
  .refine((value) => Object.keys(value).length <= 32, "at most 32 labels");

export const taskError = z
  .object({ code: z.enum(TASK_ERROR_CODES), message: z.string(), data: jsonValue.optional() })
  .meta({ id: "TaskError", description: "Why a task, an item or a run failed." });

const flowResult = z
  .discriminatedUnion("outcome", [
    z.object({ outcome: z.literal("success"), result: jsonValue }),
    z.object({ outcome: z.literal("failed"), error: taskError }),
    z.object({ outcome: z.literal("skipped") }),
  ])
  .meta({ id: "FlowResult", description: "What a flow came to for one item." });

const itemResult = z
  .object({
    itemIndex: z.int(),
    status: z.enum(["running", "completed", "failed", "cancelled"]),
    result: flowResult.optional(),
    completedAt: time.optional(),
  })
  .meta({ id: "ItemResult" });

export const runOrigin = z
  .object({ kind: z.enum(ORIGIN_KINDS), runId: runIdSchema })
  .meta({ id: "RunOrigin", description: "The run whose recorded results a run was started with." });

export const runSummary = z
  .object({
    runId: runIdSchema,
    flowId: blobIdSchema,
    flowName: z.string().optional(),
    status: z.enum(RUN_STATUSES),
    outcome: outcome.optional().meta({ description: "Once it has ended; absent when cancelled." }),
    items: z.object({
      total: z.int(),
      completed: z.int(),
      running: z.int(),
      failed: z.int(),
      cancelled: z.int(),
      skipped: z.int(),
    }),
    compensating: z
      .literal(true)
      .optional()
      .meta({ description: "What it has done is being undone: an item failed, or the run was cancelled." }),
    compensations: z
      .object({ total: z.int(), completed: z.int(), failed: z.int() })
      .optional()
      .meta({ description: "Steps that were, or are to be, undone for its items." }),
    labels,
    createdAt: time,
    completedAt: time.optional(),
    rootRunId: runIdSchema,
    parentRunId: runIdSchema.optional(),
    origin: runOrigin.optional(),
    createdAtSeqno: z.int(),
    finishedAtSeqno: z.int().optional(),
  })
  .meta({ id: "RunSummary" });

const toleratedFailures = z
  .strictObject({
    count: z.int().min(0).optional(),
    percentage: z.number().min(0).max(100).optional().meta({ description: "Of all items." }),
  })
  .refine(({ count, percentage }) => count !== undefined || percentage !== undefined, "give `count` or `percentage`")
  .meta({
    id: "ToleratedFailures",
    description:
      "How many items may fail, the smaller bound counting: one more, and the run ends failed without starting further ones. Absent: every item runs.",
    examples: [{ percentage: 5 }],
  });

export const allowComponents = z
  .array(z.string().max(500).regex(COMPONENT_PATTERN, COMPONENT_PATTERN_FORM))
  .max(MAX_COMPONENT_PATTERNS)
  .meta({
    description:
      "Patterns of the components that the run, and all runs it starts, may name; within those of the token.",
    examples: [["/builtin/**", "/text/*"]],
  });

const flowFields = {
  flow: jsonObject.optional().meta({ description: "A flow document, in any dialect." }),
  flowId: blobIdSchema.optional().meta({ description: "A stored flow." }),
  flowName: z.string().min(1).max(1024).optional().meta({ description: "The flow stored last under this name." }),
};
const waitFields = {
  wait: z
    .boolean()
    .optional()
    .meta({ description: "Answer when the run has ended, or with its state after `timeoutSecs`." }),
  timeoutSecs: z.number().min(0).max(MAX_WAIT_SECS).optional().meta({ description: "With `wait`; 300 unless given." }),
};
const maxConcurrency = z
  .int()
  .min(1)
  .max(100_000)
  .optional()
  .meta({ description: "Tasks in flight over the whole run tree." });

export const submitRunBody = z
  .object({
    ...flowFields,
    input: jsonValue.optional().meta({
      description: "An array: one item per element. Anything else: one item. `{}` unless given.",
      examples: [[{ question: "What is a flow?" }]],
    }),
    inputs: z.array(jsonValue).optional().meta({ description: "The same as `input` with an array." }),
    variables: jsonObject.optional(),
    overrides: jsonValue.optional().meta({ description: "Changes to steps, for this run only." }),
    maxConcurrency,
    toleratedFailures: toleratedFailures.optional(),
    labels: labels.optional().meta({ description: "What the run can be found by.", examples: [{ team: "search" }] }),
    files: z
      .record(z.string(), blobIdSchema)
      .optional()
      .meta({ description: "What `load_file` may read: path to blob id." }),
    allowComponents: allowComponents.optional(),
    ...waitFields,
  })
  .meta({
    id: "SubmitRun",
    description: "Exactly one of `flow`, `flowId` and `flowName` is needed.",
    examples: [{ flowName: "summarize", input: [{ text: "A long text." }], labels: { team: "search" }, wait: true }],
  });

export const retryRunBody = z
  .object({
    itemIndexes: z.array(z.int().min(0)).min(1).max(100_000).optional().meta({
      description: "Items that failed or had not ended; the others stay as they are. All of them unless given.",
    }),
    ...waitFields,
  })
  .meta({ id: "RetryRun", examples: [{ wait: true }] });

const fromSteps = z.array(z.string().min(1)).max(10_000);
export const rerunRunBody = z
  .object({
    from: fromSteps.min(1).meta({ description: "Ids of steps that run again, with all that refers to them." }),
    ...waitFields,
  })
  .meta({ id: "RerunRun", examples: [{ from: ["summarize"] }] });

export const forkRunBody = z
  .object({
    from: fromSteps.optional().meta({ description: "Ids of steps that run again, with all that refers to them." }),
    ...flowFields,
    input: jsonValue.optional().meta({
      description: "Instead of the earlier run's, as for POST /runs: nothing that reads the input is taken over.",
    }),
    inputs: z.array(jsonValue).optional().meta({ description: "The same as `input` with an array." }),
    variables: jsonObject.optional().meta({ description: "Instead of the earlier run's, all of them." }),
    overrides: jsonValue.optional().meta({
      description:
        "Changes to steps, instead of the earlier run's. Another flow comes without those of the earlier run.",
    }),
    maxConcurrency,
    labels: labels.optional().meta({ description: "Instead of the earlier run's." }),
    ...waitFields,
  })
  .meta({ id: "ForkRun", examples: [{ flowName: "summarize", from: ["summarize"] }] });

export const submitRunHeaders = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().meta({
    description: "The same key with the same request gives the same run, however often it is sent.",
  }),
});

export const submittedRun = runSummary
  .extend({
    results: z
      .array(itemResult)
      .optional()
      .meta({ description: "With `wait`, once it has ended; absent when too large: GET /runs/{runId}/items pages." }),
    warnings: z.array(requestFault).optional(),
  })
  .meta({ id: "SubmittedRun" });

export const runParams = z.object({ runId: runIdSchema });
export const stepParams = runParams.extend({ stepId: z.string() });

export const waitQuery = z.object({
  wait: queryBoolean
    .optional()
    .meta({ description: "Answer when the run has ended, or with its state after `timeoutSecs`." }),
  timeoutSecs: queryInteger(0, MAX_WAIT_SECS).optional().meta({ description: "With `wait`; 300 unless given." }),
});

export const listRunsQuery = z.object({
  status: z.enum(RUN_STATUSES).optional(),
  flowId: blobIdSchema.optional(),
  flowName: z.string().optional(),
  rootRunId: runIdSchema.optional().meta({ description: "The runs of one tree." }),
  parentRunId: runIdSchema.optional().meta({ description: "The sub-runs of one run." }),
  rootsOnly: queryBoolean.optional().meta({ description: "True unless `rootRunId` or `parentRunId` is given." }),
  label: z
    .array(z.string().regex(/^[^:]+:/, "expected key:value"))
    .optional()
    .meta({ description: "`key:value`; given several times, all must match.", examples: [["team:search"]] }),
  createdAfter: queryTime.optional().meta({ description: "Created then or later." }),
  createdBefore: queryTime.optional().meta({ description: "Created earlier." }),
  limit: pageLimit,
  cursor: listCursor.optional(),
});
export const runPage = z.object({ runs: z.array(runSummary), nextCursor }).meta({ id: "RunPage" });

export const listItemsQuery = z.object({
  resultOrder: z
    .enum(["byIndex", "byCompletion", "by_index", "by_completion"])
    .optional()
    .meta({
      enum: ["byIndex", "byCompletion"],
      description: "`byIndex` unless given.",
    }),
  limit: pageLimit,
  cursor: offsetCursor.optional(),
});
export const itemPage = z.object({ results: z.array(itemResult), nextCursor }).meta({ id: "ItemPage" });

/** `Progress` on the wire. */
export const progressFields = {
  progress: z.number().min(0).max(1).optional(),
  message: z.string().optional(),
  details: jsonValue.optional(),
};

const compensationRecord = z.object({
  elementIndex: z.int().optional(),
  component: z.string(),
  status: z.enum(["running", "completed", "failed"]),
  attempt: z.int().optional(),
  error: taskError.optional(),
  journalSeqno: z.int(),
  startedAt: time,
  completedAt: time.optional(),
});

export const stepWarnings = z
  .array(z.string())
  .optional()
  .meta({ description: "What was odd about its call but did not matter to the component." });

const stepRecord = z
  .object({
    stepId: z.string(),
    stepIndex: z.int(),
    itemIndex: z.int(),
    status: z.enum(STEP_STATUSES),
    component: z.string(),
    attempt: z.int().optional(),
    cached: z
      .literal(true)
      .optional()
      .meta({ description: "The output is that of an earlier call, by the step's cache." }),
    warnings: stepWarnings,
    lastProgress: z
      .object(progressFields)
      .optional()
      .meta({ description: "What its worker told last of its progress." }),
    reused: z.boolean().optional().meta({ description: "Taken over from the run of `origin`: nothing was executed." }),
    awaits: z.string().optional().meta({ description: "The signal it waits for now; `approval` for a decision." }),
    output: jsonValue.optional(),
    error: taskError.optional(),
    journalSeqno: z.int(),
    startedAt: time.optional(),
    updatedAt: time.optional(),
    completedAt: time.optional(),
    compensations: z.array(compensationRecord).optional().meta({ description: "What undid the step." }),
  })
  .meta({ id: "StepRecord" });

const itemIndex = queryInteger(0, 2 ** 31);
export const listStepsQuery = z.object({
  itemIndex: itemIndex.optional().meta({ description: "Only the steps of this item." }),
  includeOutputs: queryBoolean.optional(),
  limit: pageLimit,
  cursor: offsetCursor.optional(),
});
export const stepPage = z.object({ steps: z.array(stepRecord), nextCursor }).meta({ id: "StepPage" });
export const stepQuery = z.object({ itemIndex: itemIndex.optional().meta({ description: "0 unless given." }) });
export const stepDocument = z.object({ step: stepRecord }).meta({ id: "StepDocument" });
