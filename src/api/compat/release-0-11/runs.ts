import { z } from "zod";
import { queryInteger } from "../../../protocol/api/query-value.ts";
import { runParams, submitRunHeaders } from "../../../protocol/api/run.ts";
import { RUN_STATUSES } from "../../../protocol/run.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { valueOf } from "../../run-fault.ts";
import { compatOperation } from "../compat-face.ts";
import { listQuery, listRuns } from "../list-query.ts";
import { submissionBody, submit, waitQuery, waitSecs } from "../submission.ts";
import { allItems, allSteps } from "../whole-list.ts";
import { itemDocument, runDocument, stepDocument } from "./run-document.ts";

const statusQuery = listQuery.extend({ status: z.enum(RUN_STATUSES).optional() });

export function runOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    compatOperation({
      method: "post",
      path: "/runs",
      scope: "runs:write",
      headers: submitRunHeaders,
      body: submissionBody,
      async handle(request) {
        const { summary, results } = await submit(deps, library, request);
        const run = { ...runDocument(summary), ...(results && { results: results.map(itemDocument) }) };
        return Response.json(run, { status: request.body.wait ? 200 : 202 });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs",
      scope: "runs:read",
      query: statusQuery,
      async handle({ namespace, query }) {
        return Response.json({ runs: (await listRuns(deps, namespace, query)).map(runDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}",
      scope: "runs:read",
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
      scope: "runs:read",
      params: runParams,
      async handle({ namespace, params: { runId } }) {
        const items = await allItems(deps.runs(namespace, runId), runId);
        return Response.json({ itemCount: items.length, items: items.map(itemDocument) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/runs/{runId}/steps",
      scope: "runs:read",
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
      scope: "runs:write",
      params: runParams,
      async handle({ namespace, params: { runId } }) {
        return Response.json(runDocument(valueOf(await deps.runs(namespace, runId).cancel(runId), runId)));
      },
    }),
  ];
}
