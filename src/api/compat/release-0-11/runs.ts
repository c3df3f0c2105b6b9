import { z } from "zod";
import { blobIdSchema } from "../../../protocol/api/identifier.ts";
import { jsonObject, jsonValue } from "../../../protocol/api/json-value.ts";
import { queryBoolean, queryInteger } from "../../../protocol/api/query-value.ts";
import { runParams, submitRunHeaders } from "../../../protocol/api/run.ts";
import { RUN_STATUSES } from "../../../protocol/run.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { valueOf } from "../../run-fault.ts";
import { DEFAULT_PAGE, DEFAULT_WAIT_SECS } from "../../runs.ts";
import { startRun } from "../../start-run.ts";
import { compatOperation } from "../compat-face.ts";
import { allItems, allSteps, runsFrom } from "../whole-list.ts";
import { itemDocument, runDocument, stepDocument } from "./run-document.ts";

const MAX_WAIT_SECS = 3600;

/** Null is the same as absent there. */
const submitBody = z.object({
  flowId: blobIdSchema,
  input: z.array(jsonValue),
  variables: jsonObject.nullish(),
  overrides: jsonValue.nullish(),
  maxConcurrency: z.int().min(1).nullish(),
  wait: z.boolean().nullish(),
  timeoutSecs: z.number().min(0).nullish(),
});
const waitQuery = z.object({ wait: queryBoolean.optional(), timeoutSecs: queryInteger(0, 1e9).optional() });
const listQuery = z.object({
  status: z.enum(RUN_STATUSES).optional(),
  flowName: z.string().optional(),
  rootRunId: z.string().optional(),
  parentRunId: z.string().optional(),
  rootsOnly: queryBoolean.optional(),
  maxDepth: queryInteger(0, 1000).optional(),
  limit: queryInteger(0, 10_000).optional(),
  offset: queryInteger(0, 100_000).optional(),
});

export function runOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    compatOperation({
      method: "post",
      path: "/runs",
      headers: submitRunHeaders,
      body: submitBody,
      async handle({ raw, namespace, headers, body }) {
        const { flowId, input, variables, overrides, maxConcurrency, wait } = body;
        const key = headers["idempotency-key"];
        const { runId, summary, results } = await startRun(deps, library, {
          raw,
          namespace,
          ...(key === undefined ? {} : { key }),
          body: {
            flowId,
            inputs: input,
            ...(variables ? { variables } : {}),
            ...(overrides ? { overrides } : {}),
            ...(maxConcurrency ? { maxConcurrency } : {}),
            ...(wait ? { wait, timeoutSecs: waitSecs(body) } : {}),
          },
        });
        if (!wait) return Response.json(runDocument(summary), { status: 202 });
        const whole =
          summary.status === "running" ? undefined : (results ?? (await allItems(deps.runs(namespace, runId), runId)));
        return Response.json({ ...runDocument(summary), ...(whole && { results: whole.map(itemDocument) }) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs",
      query: listQuery,
      async handle({ namespace, query }) {
        const { limit = DEFAULT_PAGE, offset = 0, maxDepth, ...filters } = query;
        const rootsOnly = maxDepth === 0 ? { rootsOnly: true } : {};
        const runs = await runsFrom(deps.index, namespace, { ...filters, ...rootsOnly, limit, offset });
        return Response.json({ runs: runs.map(runDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}",
      params: runParams,
      query: waitQuery,
      async handle({ namespace, params: { runId }, query }) {
        const waitMs = query.wait ? waitSecs(query) * 1000 : 0;
        return Response.json(runDocument(valueOf(await deps.runs(namespace, runId).summary(runId, { waitMs }), runId)));
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/items",
      params: runParams,
      async handle({ namespace, params: { runId } }) {
        const items = await allItems(deps.runs(namespace, runId), runId);
        return Response.json({ itemCount: items.length, items: items.map(itemDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/steps",
      params: runParams,
      query: z.object({ itemIndex: queryInteger(0, 2 ** 31).optional() }),
      async handle({ namespace, params: { runId }, query: { itemIndex = 0 } }) {
        const steps = await allSteps(deps.runs(namespace, runId), runId, itemIndex);
        return Response.json({ steps: Object.fromEntries(steps.map((step) => [step.stepId, stepDocument(step)])) });
      },
    }),
    compatOperation({
      method: "post",
      path: "/runs/{runId}/cancel",
      params: runParams,
      async handle({ namespace, params: { runId } }) {
        return Response.json(runDocument(valueOf(await deps.runs(namespace, runId).cancel(runId), runId)));
      },
    }),
  ];
}

/** A longer wait than we hold ends early with the run as it is then, as every wait may. */
function waitSecs({ timeoutSecs }: { readonly timeoutSecs?: number | null | undefined }): number {
  return Math.min(timeoutSecs ?? DEFAULT_WAIT_SECS, MAX_WAIT_SECS);
}
