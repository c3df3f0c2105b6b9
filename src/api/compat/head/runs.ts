import { z } from "zod";
import { queryInteger } from "../../../protocol/api/query-value.ts";
import { runParams, stepParams, submitRunHeaders } from "../../../protocol/api/run.ts";
import type { ApiDeps } from "../../api-deps.ts";
import { ApiError } from "../../api-error.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { valueOf } from "../../run-fault.ts";
import { compatOperation } from "../compat-face.ts";
import { listQuery, listRuns } from "../list-query.ts";
import { submissionBody, submit, waitQuery, waitSecs } from "../submission.ts";
import { allItems, allSteps } from "../whole-list.ts";
import { statusOfNumber } from "./enums.ts";
import { itemDocument, stepDocument, summaryDocument } from "./run-document.ts";

const BY_COMPLETION = 2;
const itemIndex = queryInteger(0, 2 ** 31).optional();

export function runOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    compatOperation({
      method: "post",
      path: "/runs",
      scope: "runs:write",
      headers: submitRunHeaders,
      body: submissionBody,
      async handle(request) {
        const { summary, results = [] } = await submit(deps, library, request);
        return Response.json({ summary: summaryDocument(summary), results: results.map(itemDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs",
      scope: "runs:read",
      query: listQuery.extend({ status: queryInteger(0, 1000).optional() }),
      async handle({ namespace, query: { status: number = 0, ...query } }) {
        const status = statusOfNumber(number);
        const runs = await listRuns(deps, namespace, { ...query, ...(status && { status }) });
        return Response.json({ runs: runs.map(summaryDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}",
      scope: "runs:read",
      params: runParams,
      query: waitQuery,
      async handle({ namespace, params: { runId }, query }) {
        const run = deps.runs(namespace, runId);
        const waitMs = query.wait ? waitSecs(query) * 1000 : 0;
        const summary = valueOf(await run.summary(runId, { waitMs }), runId);
        const steps = await allSteps(run, runId);
        return Response.json({ summary: summaryDocument(summary), steps: steps.map(stepDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/items",
      scope: "runs:read",
      params: runParams,
      query: z.object({ resultOrder: queryInteger(0, 1000).optional() }),
      async handle({ namespace, params: { runId }, query: { resultOrder } }) {
        const order = resultOrder === BY_COMPLETION ? "by_completion" : "by_index";
        const items = await allItems(deps.runs(namespace, runId), runId, order);
        return Response.json({ results: items.map(itemDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/steps",
      scope: "runs:read",
      params: runParams,
      query: z.object({ itemIndex }),
      async handle({ namespace, params: { runId }, query }) {
        const steps = await allSteps(deps.runs(namespace, runId), runId, query.itemIndex);
        return Response.json({ steps: steps.map(stepDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/steps/{stepId}",
      scope: "runs:read",
      params: stepParams,
      // `asof` asks for a state at least that new: ours always is.
      query: z.object({ itemIndex, asof: queryInteger(0, Number.MAX_SAFE_INTEGER).optional() }),
      async handle({ namespace, params: { runId, stepId }, query: { itemIndex = 0 } }) {
        const filter = { itemIndex, stepId, includeOutputs: true, offset: 0, limit: 1 };
        const [step] = valueOf(await deps.runs(namespace, runId).steps(runId, filter), runId);
        if (!step) throw new ApiError("NOT_FOUND", `Item ${itemIndex} of run ${runId} has no step "${stepId}".`);
        return Response.json({ step: stepDocument(step) });
      },
    }),
    compatOperation({
      method: "post",
      path: "/runs/{runId}/cancel",
      scope: "runs:write",
      params: runParams,
      async handle({ namespace, params: { runId } }) {
        const summary = valueOf(await deps.runs(namespace, runId).cancel(runId), runId);
        return Response.json({ summary: summaryDocument(summary) });
      },
    }),
  ];
}
