import { runParams, runSummary } from "../protocol/api/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { valueOf } from "./run-fault.ts";

/** Holding runs and letting them go on. */
export function runControlOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/runs/{runId}/pause",
      scope: "runs:write",
      operationId: "pauseRun",
      tag: "Runs",
      summary: "Pause a run",
      description:
        "Nothing of its tree starts any more once this is answered: attempts under way end, timers keep their times. The runs that its workers started are paused with it. A run that has ended cannot be paused.",
      params: runParams,
      responses: { 200: { description: "The run as it is now.", schema: runSummary } },
      async handle({ namespace, params }) {
        const { runId } = params;
        return jsonReply(valueOf(await deps.runs(namespace, runId).pause(runId), runId));
      },
    }),
    operation({
      method: "post",
      path: "/runs/{runId}/resume",
      scope: "runs:write",
      operationId: "resumeRun",
      tag: "Runs",
      summary: "Let a paused run go on",
      description: "A run that is not paused stays as it is.",
      params: runParams,
      responses: { 200: { description: "The run as it is now.", schema: runSummary } },
      async handle({ namespace, params }) {
        const { runId } = params;
        return jsonReply(valueOf(await deps.runs(namespace, runId).resume(runId), runId));
      },
    }),
  ];
}
