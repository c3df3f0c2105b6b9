/** New runs that take over what an earlier run came to. */

import type { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { type Flow, parseFlow } from "../core/flow/index.ts";
import { keyedRunId } from "../core/run/run-id.ts";
import {
  forkRunBody,
  rerunRunBody,
  retryRunBody,
  runParams,
  submitRunHeaders,
  submittedRun,
} from "../protocol/api/run.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { RunOrigin } from "../protocol/run.ts";
import type { DerivedStart } from "../run/run-api.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type FlowLibrary, prepareFlow, runnable } from "./flow-library.ts";
import { type Operation, operation } from "./operation.ts";
import type { Fields } from "./request-fields.ts";
import { valueOf } from "./run-fault.ts";
import { checkRunInput, readRunInput } from "./run-input.ts";
import { DEFAULT_WAIT_SECS } from "./runs.ts";
import { boundsOf, fieldsOf, flowOf, hashOf, type StartedRun } from "./start-run.ts";
import { startedReply } from "./submit-run.ts";

const responses = {
  202: { description: "Started.", schema: submittedRun },
  200: { description: "With `wait`, or when this idempotency key had started the run before.", schema: submittedRun },
};
const NEW_RUN = "This starts a new run, which says so in its `origin`; the earlier one stays as it is.";

export function deriveRunOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/runs/{runId}/retry",
      operationId: "retryRun",
      scope: "runs:write",
      tag: "Runs",
      summary: "Retry what failed in a run",
      description: `${NEW_RUN} What succeeded is taken over and not executed again. A run that has not ended, or that succeeded, is not retried.`,
      params: runParams,
      headers: submitRunHeaders,
      body: retryRunBody,
      bodyOptional: true,
      responses,
      async handle({ caller, params, headers, body, warnings }) {
        const { itemIndexes, ...wait } = body;
        const request = {
          kind: "retry",
          runId: params.runId,
          ...(itemIndexes && { itemIndexes }),
          submission: {},
        } as const;
        return startedReply(await deriveRun(deps, caller, request, wait, headers["idempotency-key"]), wait, warnings);
      },
    }),
    operation({
      method: "post",
      path: "/runs/{runId}/rerun",
      operationId: "rerunRun",
      scope: "runs:write",
      tag: "Runs",
      summary: "Run a run again from some of its steps",
      description: `${NEW_RUN} Every step that succeeded is taken over, but those named and what refers to them. The run has ended.`,
      params: runParams,
      headers: submitRunHeaders,
      body: rerunRunBody,
      responses,
      async handle({ caller, params, headers, body, warnings }) {
        const { from, ...wait } = body;
        const request = { kind: "rerun", runId: params.runId, from, submission: {} } as const;
        return startedReply(await deriveRun(deps, caller, request, wait, headers["idempotency-key"]), wait, warnings);
      },
    }),
    operation({
      method: "post",
      path: "/runs/{runId}/fork",
      operationId: "forkRun",
      scope: "runs:write",
      tag: "Runs",
      summary: "Start a run from what another one has come to",
      description: `${NEW_RUN} Optionally with another flow, overrides, variables or input: a step is taken over if it is the same, and so is everything it refers to. Of a run that has not ended, what is settled now is taken over.`,
      params: runParams,
      headers: submitRunHeaders,
      body: forkRunBody,
      bodyOptional: true,
      responses,
      async handle({ caller, params, headers, body, warnings }) {
        const request = await forkOf(deps, library, caller.namespace, params.runId, body);
        return startedReply(await deriveRun(deps, caller, request, body, headers["idempotency-key"]), body, warnings);
      },
    }),
  ];
}

type Derivation = RunOrigin & { readonly runId: RunId } & Pick<
    DerivedStart,
    "from" | "itemIndexes" | "flow" | "submission"
  >;
type Waiting = Fields<z.ZodObject<Pick<(typeof retryRunBody)["shape"], "wait" | "timeoutSecs">>>;

/** `key`: the same gives the same run. */
export async function deriveRun(
  deps: ApiDeps,
  caller: Caller,
  { kind, runId: sourceId, ...derivation }: Derivation,
  { wait, timeoutSecs = DEFAULT_WAIT_SECS }: Waiting,
  key: string | undefined,
): Promise<StartedRun> {
  const { namespace } = caller;
  const runId = key === undefined ? deps.newRunId() : keyedRunId(namespace, key);
  const origin = { kind, runId: sourceId };
  const { flow, ...content } = derivation;
  const reply = await deps.runs(namespace, runId).start({
    namespace,
    runId,
    origin,
    ...derivation,
    ...boundsOf(caller),
    ...(key === undefined ? {} : { bodyHash: await hashOf({ origin, flowId: flow?.flowId, ...content }) }),
    waitMs: wait ? timeoutSecs * 1000 : 0,
  });
  return { runId, ...valueOf(reply, sourceId) };
}

/** A given flow is stored first, so that it can be found by its id. */
async function forkOf(
  deps: ApiDeps,
  library: FlowLibrary,
  namespace: Namespace,
  runId: RunId,
  body: Fields<typeof forkRunBody>,
): Promise<Derivation> {
  const isGiven = body.flow !== undefined || body.flowId !== undefined || body.flowName !== undefined;
  const given = isGiven ? await flowOf(deps, library, body, namespace) : undefined;
  if (given) await library.store(namespace, given);
  const input = body.input === undefined && body.inputs === undefined ? undefined : readRunInput(body);
  if (input) checkRunInput(given?.flow ?? (await flowOfRun(deps, namespace, runId)), input);
  return {
    kind: "fork",
    runId,
    ...(body.from && { from: body.from }),
    ...(given && { flow: { flowId: given.flowId } }),
    submission: { ...fieldsOf(body), ...(input && { inputs: input.inputs }) },
  };
}

async function flowOfRun(deps: ApiDeps, namespace: Namespace, runId: RunId): Promise<Flow> {
  const { flowText } = valueOf(await deps.runs(namespace, runId).flow(runId, { plain: true }), runId);
  return runnable(prepareFlow(parseFlow(flowText, { format: "json" }))).flow;
}
