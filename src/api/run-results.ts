import {
  itemPage,
  listItemsQuery,
  listStepsQuery,
  runParams,
  stepDocument,
  stepPage,
  stepParams,
  stepQuery,
} from "../protocol/api/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { valueOf } from "./run-fault.ts";
import { DEFAULT_PAGE } from "./runs.ts";

/** What a run has come to: its items and its steps. */
export function runResultOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/runs/{runId}/items",
      scope: "runs:read",
      operationId: "listItems",
      tag: "Runs",
      summary: "The results of a run's items",
      params: runParams,
      query: listItemsQuery,
      responses: { 200: { description: "One page.", schema: itemPage } },
      async handle({ namespace, params, query, warnings }) {
        const { runId } = params;
        const { cursor: offset = 0, limit = DEFAULT_PAGE, resultOrder = "byIndex" } = query;
        const order = resultOrder === "byIndex" || resultOrder === "by_index" ? "by_index" : "by_completion";
        const run = deps.runs(namespace, runId);
        const [summary, page] = await Promise.all([run.summary(runId), run.items(runId, { order, offset, limit })]);
        const results = valueOf(page, runId);
        const isLast = results.length === 0 || offset + results.length >= valueOf(summary, runId).items.total;
        return jsonReply({ results, ...(isLast ? {} : { nextCursor: String(offset + results.length) }) }, { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/runs/{runId}/steps",
      scope: "runs:read",
      operationId: "listSteps",
      tag: "Runs",
      summary: "The steps of a run's items",
      params: runParams,
      query: listStepsQuery,
      responses: { 200: { description: "One page, by item, then in the order of the flow.", schema: stepPage } },
      async handle({ namespace, params, query, warnings }) {
        const { runId } = params;
        const { cursor: offset = 0, limit = DEFAULT_PAGE, includeOutputs = false, itemIndex } = query;
        const options = { offset, limit: limit + 1, includeOutputs, ...(itemIndex === undefined ? {} : { itemIndex }) };
        const found = valueOf(await deps.runs(namespace, runId).steps(runId, options), runId);
        const steps = found.slice(0, limit);
        // With outputs a page may be shorter than asked for because they are large: only an empty one is surely the last.
        const isLast = includeOutputs ? steps.length === 0 : found.length <= limit;
        return jsonReply({ steps, ...(isLast ? {} : { nextCursor: String(offset + steps.length) }) }, { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/runs/{runId}/steps/{stepId}",
      scope: "runs:read",
      operationId: "getStep",
      tag: "Runs",
      summary: "One step of one item, with its output",
      params: stepParams,
      query: stepQuery,
      responses: { 200: { description: "The step.", schema: stepDocument } },
      async handle({ namespace, params, query, warnings }) {
        const { runId } = params;
        const { stepId } = params;
        const { itemIndex = 0 } = query;
        const options = { itemIndex, stepId, includeOutputs: true, offset: 0, limit: 1 };
        const [step] = valueOf(await deps.runs(namespace, runId).steps(runId, options), runId);
        if (!step) throw new ApiError("NOT_FOUND", `Item ${itemIndex} of run ${runId} has no step "${stepId}".`);
        return jsonReply({ step }, { warnings });
      },
    }),
  ];
}
