import type { RequestFault } from "../protocol/api/error-body.ts";
import { submitRunBody, submitRunHeaders, submittedRun } from "../protocol/api/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { FlowLibrary } from "./flow-library.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { type StartedRun, startRun } from "./start-run.ts";

/** The answer to whatever has started a run. */
export function startedReply(
  { runId, summary, results, created }: StartedRun,
  { wait }: { readonly wait?: boolean },
  warnings: readonly RequestFault[],
): Response {
  return jsonReply(
    { ...summary, ...(results ? { results } : {}) },
    { status: created && !wait ? 202 : 200, headers: { location: `/api/v1/runs/${runId}` }, warnings },
  );
}

export function submitRunOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/runs",
      scope: "runs:write",
      operationId: "submitRun",
      tag: "Runs",
      summary: "Start a run",
      description: "An input that the flow's own schema refuses starts nothing.",
      headers: submitRunHeaders,
      body: submitRunBody,
      responses: {
        202: { description: "Started.", schema: submittedRun },
        200: {
          description: "With `wait`, or when this idempotency key had started the run before.",
          schema: submittedRun,
        },
      },
      async handle({ raw, caller, headers, body, warnings }) {
        const key = headers["idempotency-key"];
        const started = await startRun(deps, library, { raw, caller, body, ...(key === undefined ? {} : { key }) });
        return startedReply(started, body, warnings);
      },
    }),
  ];
}
