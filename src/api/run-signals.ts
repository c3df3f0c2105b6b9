import { storeValue } from "../dispatch/store-value.ts";
import { runParams } from "../protocol/api/run.ts";
import {
  acceptedSignal,
  listWaitsQuery,
  signalBody,
  signalHeaders,
  signalParams,
  waitPage,
} from "../protocol/api/wait.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { valueOf } from "./run-fault.ts";
import { DEFAULT_PAGE } from "./runs.ts";

/** Signals to runs, and what runs wait for. */
export function runSignalOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/runs/{runId}/signals/{name}",
      scope: "runs:write",
      operationId: "signalRun",
      tag: "Runs",
      summary: "Send a signal to a run",
      description:
        "One step that waits for it takes it (`/builtin/wait_for_event`), of this run or of a sub-run below it: the one that waits " +
        "longest, if the payload fits its schema. While none waits it is kept for the next. Once this is answered it is durable.",
      params: signalParams,
      headers: signalHeaders,
      body: signalBody,
      responses: { 200: { description: "Taken, now or before.", schema: acceptedSignal } },
      async handle({ namespace, params, headers, body, warnings }) {
        const { runId, name } = params;
        const signalId = body.id ?? headers["idempotency-key"];
        const value = await storeValue(body.payload ?? null, deps.blobs(namespace));
        const signal = { name, value, ...(signalId === undefined ? {} : { signalId }) };
        return jsonReply(valueOf(await deps.runs(namespace, runId).signal(runId, signal), runId), { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/runs/{runId}/waits",
      scope: "runs:write",
      operationId: "listWaits",
      tag: "Runs",
      summary: "What a run waits for",
      description:
        "Signals and approvals that steps of the run and of its sub-runs wait for, the oldest first. Whoever has the links of an " +
        "approval may decide it.",
      params: runParams,
      query: listWaitsQuery,
      responses: { 200: { description: "One page.", schema: waitPage } },
      async handle({ namespace, params, query, warnings }) {
        const { runId } = params;
        const { limit = DEFAULT_PAGE, cursor: offset = 0 } = query;
        const { waits, more } = valueOf(await deps.runs(namespace, runId).waits(runId, { offset, limit }), runId);
        return jsonReply({ waits, ...(more && { nextCursor: String(offset + limit) }) }, { warnings });
      },
    }),
  ];
}
