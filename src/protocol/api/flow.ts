import { z } from "zod";
import { diagnosticReport } from "./diagnostic.ts";
import { requestFault } from "./error-body.ts";
import { blobIdSchema, listCursor, nextCursor } from "./identifier.ts";
import { jsonObject, jsonValue } from "./json-value.ts";
import { pageLimit, queryBoolean } from "./query-value.ts";

/** `POST /flows`. */
export const storeFlowBody = z
  .object({
    flow: jsonObject.meta({ description: "A flow document, in any dialect." }),
    dryRun: z.boolean().optional().meta({ description: "Only validate." }),
    name: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: "The name it can be found by; the flow's own unless given." }),
  })
  .meta({
    id: "StoreFlow",
    examples: [
      {
        flow: {
          name: "greet",
          steps: [{ id: "hello", component: "/builtin/create_messages", input: { user_prompt: { $input: "$.name" } } }],
          output: { $step: "hello" },
        },
      },
    ],
  });

export const storeFlowQuery = z.object({
  dryRun: queryBoolean.optional(),
  name: z.string().min(1).max(1024).optional(),
});

export const storedFlow = z
  .object({
    flowId: blobIdSchema,
    stored: z.boolean().meta({ description: "False for a dry run and for a flow with fatal diagnostics." }),
    diagnostics: diagnosticReport,
    warnings: z.array(requestFault).optional(),
  })
  .meta({ id: "StoredFlow" });

const flowExample = z.object({ name: z.string(), description: z.string().optional(), input: jsonValue });

export const flowDocument = z
  .object({
    flowId: blobIdSchema,
    flow: jsonObject.meta({ description: "The canonical form of the document." }),
    allExamples: z.array(flowExample).meta({ description: "Its examples, and its test cases as examples." }),
  })
  .meta({ id: "FlowDocument" });

/** `GET /runs/{runId}/flow`. */
export const runFlow = z.object({ flowId: blobIdSchema, flow: jsonObject }).meta({ id: "RunFlow" });

export const flowVariables = z
  .object({
    flowId: blobIdSchema,
    variables: z.record(
      z.string(),
      z.object({
        defaultValue: jsonValue.optional(),
        required: z.boolean(),
        envVar: z.string().optional(),
        description: z.string().optional(),
        schema: jsonValue.optional(),
      }),
    ),
  })
  .meta({ id: "FlowVariables" });

export const listFlowsQuery = z.object({
  name: z.string().optional().meta({ description: "Only the flows stored under this name." }),
  latestOnly: queryBoolean.optional().meta({ description: "Only the newest flow of each name." }),
  limit: pageLimit,
  cursor: listCursor.optional(),
});

export const flowPage = z
  .object({
    flows: z.array(
      z.object({
        flowId: blobIdSchema,
        name: z.string().optional(),
        description: z.string().optional(),
        version: z.string().optional(),
        storedAt: z.iso.datetime(),
      }),
    ),
    nextCursor,
  })
  .meta({ id: "FlowPage" });
