import type { Caller } from "../auth/caller.ts";
import { parseFlowDocument } from "../core/flow/index.ts";
import { keyedRunId } from "../core/run/run-id.ts";
import { submissionRedactor } from "../core/secrets/index.ts";
import type { submitRunBody } from "../protocol/api/run.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { ItemResult, RunSubmission, RunSummary } from "../protocol/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { type FlowLibrary, type PreparedFlow, prepareFlow, runnable } from "./flow-library.ts";
import type { Fields } from "./request-fields.ts";
import { refusalOf, valueOf } from "./run-fault.ts";
import { checkRunInput, readRunInput } from "./run-input.ts";
import { DEFAULT_WAIT_SECS } from "./runs.ts";
import { withoutSecrets } from "./without-secrets.ts";

type SubmitRunFields = Fields<typeof submitRunBody>;

export interface RunStart {
  readonly raw: Request;
  readonly caller: Caller;
  readonly body: SubmitRunFields;
  /** The same key with the same body gives the same run. */
  readonly key?: string;
}
export interface StartedRun {
  readonly runId: RunId;
  readonly summary: RunSummary;
  /** With `wait`, once it has ended; absent when they are too large for one answer. */
  readonly results?: readonly ItemResult[];
  /** False: the key had started it before. */
  readonly created: boolean;
}

/** A flow up to this many characters travels with the start; a longer one is read from the blob store. */
const MAX_CARRIED_CHARS = 64 * 1024;

/** Starts a run, and waits for it when the body says so. An input that the flow's own schema refuses starts nothing. */
export async function startRun(
  deps: ApiDeps,
  library: FlowLibrary,
  { raw, caller, body, key }: RunStart,
): Promise<StartedRun> {
  const { namespace } = caller;
  const prepared = await flowOf(deps, library, body, namespace);
  const input = readRunInput(body);
  checkRunInput(prepared.flow, input);
  const submission = submissionOf(body, input.inputs);
  const own = body.allowComponents && { allowComponents: body.allowComponents };
  const runId = key === undefined ? deps.newRunId() : keyedRunId(namespace, key);
  const isCarried = prepared.text.length <= MAX_CARRIED_CHARS;
  const storing = library.store(namespace, prepared);
  if (!isCarried) await storing;
  const starting = deps.runs(namespace, runId).start({
    namespace,
    runId,
    flowId: prepared.flowId,
    ...(isCarried ? { flowText: prepared.text } : {}),
    submission,
    ...boundsOf(caller, body.allowComponents),
    ...(key === undefined ? {} : { bodyHash: await hashOf({ flowId: prepared.flowId, ...submission, ...own }) }),
    waitMs: body.wait ? (body.timeoutSecs ?? DEFAULT_WAIT_SECS) * 1000 : 0,
  });
  const told = starting.then((started) => {
    if (started.ok) return valueOf(started, runId);
    throw withoutSecrets(refusalOf(started.fault, runId), submissionRedactor(prepared.flow, submission));
  });
  // A run that carries its flow does not depend on its being stored: that it can be found later is worth a report, no more.
  const [started] = await Promise.all([told, storing.catch((error: unknown) => deps.reportFault(error, raw))]);
  return { runId, ...started };
}

/** What the caller's token and the request itself allow a run to name. */
export function boundsOf(
  caller: Caller,
  own?: readonly string[],
): { readonly allowComponents?: readonly (readonly string[])[] } {
  const bounds = [caller.allowComponents, own].filter((list) => list !== undefined);
  return bounds.length === 0 ? {} : { allowComponents: bounds };
}

/** The flow that a body gives in exactly one of three ways. */
export async function flowOf(
  deps: ApiDeps,
  library: FlowLibrary,
  body: Pick<SubmitRunFields, "flow" | "flowId" | "flowName">,
  namespace: Namespace,
): Promise<PreparedFlow> {
  const given = (["flow", "flowId", "flowName"] as const).filter((name) => body[name] !== undefined);
  if (given.length !== 1) {
    const message =
      given.length === 0
        ? "give one of `flow`, `flowId` and `flowName`"
        : `give only one of ${given.map((name) => `\`${name}\``).join(" and ")}`;
    throw invalidRequest([{ pointer: `/${given[1] ?? "flow"}`, message }]);
  }
  if (body.flow !== undefined) return runnable(prepareFlow(parseFlowDocument(body.flow)));
  if (body.flowId !== undefined) return library.load(namespace, body.flowId);
  const name = body.flowName ?? "";
  const named = await deps.flows.latest(namespace, name);
  if (!named)
    throw new ApiError("NOT_FOUND", `There is no flow named "${name}". GET /api/v1/flows lists the stored ones.`);
  return library.load(namespace, named.flowId);
}

type SubmissionFields = Omit<SubmitRunFields, "flow" | "flowId" | "flowName" | "input" | "inputs">;

function submissionOf(body: SubmissionFields, inputs: RunSubmission["inputs"]): RunSubmission {
  return { inputs, ...fieldsOf(body) };
}

export function fieldsOf(body: SubmissionFields): Omit<RunSubmission, "inputs"> {
  const { variables, overrides, maxConcurrency, toleratedFailures, labels, files } = body;
  return {
    ...(variables === undefined ? {} : { variables }),
    ...(overrides === undefined ? {} : { overrides }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(toleratedFailures === undefined ? {} : { toleratedFailures }),
    ...(labels === undefined ? {} : { labels }),
    ...(files === undefined ? {} : { files }),
  };
}

/** What makes two submissions with one idempotency key the same: everything but how long to wait for the answer. */
export async function hashOf(submission: object): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(submission)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
