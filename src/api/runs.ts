import type { RunQuery } from "../core/ports/run-index.ts";
import { runFlow } from "../protocol/api/flow.ts";
import { listRunsQuery, runPage, runParams, runSummary, waitQuery } from "../protocol/api/run.ts";
import { parseJson } from "../protocol/parse-json.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import type { Fields } from "./request-fields.ts";
import { valueOf } from "./run-fault.ts";

export const DEFAULT_PAGE = 100;
export const DEFAULT_WAIT_SECS = 300;

/** Reading, cancelling and deleting runs. */
export function runOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/runs",
      scope: "runs:read",
      operationId: "listRuns",
      tag: "Runs",
      summary: "List and search runs",
      description: "Newest first. The list follows the runs by about a second; a run itself is always read as it is.",
      query: listRunsQuery,
      responses: { 200: { description: "One page.", schema: runPage } },
      async handle({ namespace, query, warnings }) {
        return jsonReply(await deps.index.list(namespace, runQuery(query)), { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/runs/{runId}",
      scope: "runs:read",
      operationId: "getRun",
      tag: "Runs",
      summary: "Read a run",
      params: runParams,
      query: waitQuery,
      responses: { 200: { description: "The run.", schema: runSummary } },
      async handle({ namespace, params, query, warnings }) {
        const { runId } = params;
        const waitMs = query.wait ? (query.timeoutSecs ?? DEFAULT_WAIT_SECS) * 1000 : 0;
        const reply = await deps.runs(namespace, runId).summary(runId, { waitMs });
        return jsonReply(valueOf(reply, runId), { warnings });
      },
    }),
    operation({
      method: "delete",
      path: "/runs/{runId}",
      scope: "runs:write",
      operationId: "deleteRun",
      tag: "Runs",
      summary: "Delete a run that has ended, with its sub-runs",
      description: "Its blobs stay: others may have the same.",
      params: runParams,
      responses: { 204: { description: "Deleted." } },
      async handle({ namespace, params }) {
        const { runId } = params;
        valueOf(await deps.runs(namespace, runId).delete(runId), runId);
        return new Response(null, { status: 204 });
      },
    }),
    operation({
      method: "post",
      path: "/runs/{runId}/cancel",
      scope: "runs:write",
      operationId: "cancelRun",
      tag: "Runs",
      summary: "Cancel a run",
      description: "Nothing is started any more once this is answered. A run that has ended stays as it is.",
      params: runParams,
      responses: { 200: { description: "The run as it is now.", schema: runSummary } },
      async handle({ namespace, params }) {
        const { runId } = params;
        return jsonReply(valueOf(await deps.runs(namespace, runId).cancel(runId), runId));
      },
    }),
    operation({
      method: "get",
      path: "/runs/{runId}/flow",
      scope: "runs:read",
      operationId: "getRunFlow",
      tag: "Runs",
      summary: "The flow a run executes",
      description: "Without the overrides of the run.",
      params: runParams,
      responses: { 200: { description: "Its canonical document.", schema: runFlow } },
      async handle({ namespace, params }) {
        const { runId } = params;
        const { flowId, flowText } = valueOf(await deps.runs(namespace, runId).flow(runId), runId);
        const parsed = parseJson(flowText);
        if (parsed.kind === "invalid")
          throw new Error(`The flow of run ${runId} is stored as something else than JSON: ${parsed.message}`);
        return jsonReply({ flowId, flow: parsed.json });
      },
    }),
  ];
}

function runQuery(query: Fields<typeof listRunsQuery>): RunQuery {
  const { label, createdAfter, createdBefore, limit, cursor, ...filters } = query;
  const labels = (label ?? []).map((text): [string, string] => {
    const colon = text.indexOf(":");
    return [text.slice(0, colon), text.slice(colon + 1)];
  });
  return {
    ...filters,
    ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
    ...(createdAfter === undefined ? {} : { createdFrom: createdAfter }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
    ...(cursor === undefined ? {} : { cursor }),
    limit: limit ?? DEFAULT_PAGE,
  };
}
