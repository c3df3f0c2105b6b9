/** The same for many runs at once. Each is looked at in its own object: the index, which only finds them, may be behind. */

import type { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { bulkOutcome, bulkRunsBody } from "../protocol/api/bulk.ts";
import { hasEnded } from "../protocol/has-ended.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { RunSummary } from "../protocol/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type ApiError, invalidRequest, refusalFor } from "./api-error.ts";
import { deriveRun } from "./derive-run.ts";
import { inParallel } from "./in-parallel.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import type { Fields } from "./request-fields.ts";
import { valueOf } from "./run-fault.ts";
import { DEFAULT_PAGE } from "./runs.ts";

/** Runs that are worked on at once. */
const WIDTH = 6;

type BulkBody = Fields<typeof bulkRunsBody>;
type BulkResult = z.input<typeof bulkOutcome>["results"][number];
interface BulkAction {
  /** Why a run is left alone. */
  readonly skip: (run: RunSummary) => string | undefined;
  readonly act: (caller: Caller, runId: RunId) => Promise<Pick<BulkResult, "newRunId" | "repeated">>;
}

export function bulkRunOperations(deps: ApiDeps): readonly Operation[] {
  const bulk = (action: "cancel" | "retry", summary: string, description: string, { skip, act }: BulkAction) =>
    operation({
      method: "post",
      path: `/runs/bulk-${action}`,
      scope: "runs:write",
      operationId: action === "cancel" ? "bulkCancelRuns" : "bulkRetryRuns",
      tag: "Runs",
      summary,
      description: `${description} Runs are named, or found by a filter as in the list of runs: go on with \`nextCursor\` until there is none. Sending the same again does nothing twice.`,
      body: bulkRunsBody,
      responses: { 200: { description: "What became of each run.", schema: bulkOutcome } },
      async handle({ raw, caller, namespace, body, warnings }) {
        const { runIds, nextCursor } = await choose(deps, namespace, body);
        const dryRun = body.dryRun ?? false;
        const one = async (runId: RunId): Promise<BulkResult> => {
          try {
            const run = valueOf(await deps.runs(namespace, runId).summary(runId), runId);
            const reason = skip(run);
            if (reason !== undefined) return { runId, outcome: "skipped", reason };
            return { runId, outcome: "done", ...(dryRun ? {} : await act(caller, runId)) };
          } catch (error) {
            const refusal = refusalFor(error, (fault) => deps.reportFault(fault, raw));
            return { runId, outcome: isState(refusal) ? "skipped" : "failed", reason: refusal.message };
          }
        };
        const results = await inParallel(runIds, WIDTH, one);
        const count = (outcome: BulkResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
        const counts = { done: count("done"), skipped: count("skipped"), failed: count("failed") };
        return jsonReply({ dryRun, results, counts, ...(nextCursor && { nextCursor }) }, { warnings });
      },
    });
  return [
    bulk("cancel", "Cancel many runs", "Runs that have ended are skipped.", {
      skip: ({ status }) => (hasEnded(status) ? `the run has ended (${status})` : undefined),
      act: async ({ namespace }, runId) => {
        valueOf(await deps.runs(namespace, runId).cancel(runId), runId);
        return {};
      },
    }),
    bulk("retry", "Retry many runs", "A run is retried this way once: each time the same new run is told.", {
      skip: ({ status }) => {
        if (!hasEnded(status)) return `the run has not ended (${status})`;
        return status === "completed" ? "the run did not fail" : undefined;
      },
      act: async (caller, runId) => {
        // No key of a caller's holds a line break.
        const key = `bulk-retry\n${runId}`;
        const started = await deriveRun(deps, caller, { kind: "retry", runId, submission: {} }, {}, key);
        return { newRunId: started.runId, ...(!started.created && { repeated: true }) };
      },
    }),
  ];
}

/** The run is not in a state for it, or not there any more. */
function isState({ status }: ApiError): boolean {
  return status === "FAILED_PRECONDITION" || status === "NOT_FOUND";
}

async function choose(
  deps: ApiDeps,
  namespace: Namespace,
  body: BulkBody,
): Promise<{ readonly runIds: readonly RunId[]; readonly nextCursor?: string }> {
  const { runIds, all, limit = DEFAULT_PAGE, cursor, createdAfter, createdBefore } = body;
  const { status, flowId, flowName, labels } = body;
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(flowId === undefined ? {} : { flowId }),
    ...(flowName === undefined ? {} : { flowName }),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    ...(createdAfter === undefined ? {} : { createdFrom: createdAfter }),
    ...(createdBefore === undefined ? {} : { createdBefore }),
  };
  const hasFilter = Object.keys(filter).length > 0;
  if (runIds) {
    if (hasFilter || all) throw invalidRequest([{ pointer: "/runIds", message: "give either `runIds` or a filter" }]);
    return { runIds: [...new Set(runIds)] };
  }
  if (!hasFilter && !all) {
    const message =
      "say which runs: `runIds`, a filter (status, flowName, flowId, labels, createdAfter, createdBefore), or `all`: true";
    throw invalidRequest([{ pointer: "", message }]);
  }
  const page = await deps.index.list(namespace, {
    ...filter,
    ...(cursor === undefined ? {} : { cursor }),
    limit,
  });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the index holds the ids that runs report
    runIds: page.runs.map((run) => run.runId as RunId),
    ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
  };
}
