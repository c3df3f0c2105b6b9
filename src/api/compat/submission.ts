import { z } from "zod";
import type { Caller } from "../../auth/caller.ts";
import { blobIdSchema } from "../../protocol/api/identifier.ts";
import { jsonObject, jsonValue } from "../../protocol/api/json-value.ts";
import { queryBoolean, queryInteger } from "../../protocol/api/query-value.ts";
import { hasEnded } from "../../protocol/has-ended.ts";
import type { RunId } from "../../protocol/ids.ts";
import type { ItemResult, RunSummary } from "../../protocol/run.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { FlowLibrary } from "../flow-library.ts";
import type { Fields } from "../request-fields.ts";
import { DEFAULT_WAIT_SECS } from "../runs.ts";
import { startRun } from "../start-run.ts";
import { allItems } from "./whole-list.ts";

const MAX_WAIT_SECS = 3600;

/** `POST /runs` as earlier releases take it; null is the same as absent there. */
export const submissionBody = z.object({
  flowId: blobIdSchema,
  input: z.array(jsonValue),
  variables: jsonObject.nullish(),
  overrides: jsonValue.nullish(),
  maxConcurrency: z.int().min(1).nullish(),
  wait: z.boolean().nullish(),
  timeoutSecs: z.number().min(0).nullish(),
});
export const waitQuery = z.object({ wait: queryBoolean.optional(), timeoutSecs: queryInteger(0, 1e9).optional() });

interface Submission {
  readonly raw: Request;
  readonly caller: Caller;
  readonly body: Fields<typeof submissionBody>;
  readonly headers: { readonly "idempotency-key"?: string };
}
interface Submitted {
  readonly runId: RunId;
  readonly summary: RunSummary;
  /** Of all items, when the submission waits and the run has ended. */
  readonly results?: readonly ItemResult[];
}

export async function submit(
  deps: ApiDeps,
  library: FlowLibrary,
  { raw, caller, body, headers }: Submission,
): Promise<Submitted> {
  const { flowId, input, variables, overrides, maxConcurrency, wait } = body;
  const key = headers["idempotency-key"];
  const { runId, summary, results } = await startRun(deps, library, {
    raw,
    caller,
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
  if (!wait || !hasEnded(summary.status)) return { runId, summary };
  return { runId, summary, results: results ?? (await allItems(deps.runs(caller.namespace, runId), runId)) };
}

/** A longer wait than we hold ends early with the run as it is then, as every wait may. */
export function waitSecs({ timeoutSecs }: { readonly timeoutSecs?: number | null }): number {
  return Math.min(timeoutSecs ?? DEFAULT_WAIT_SECS, MAX_WAIT_SECS);
}
