import { parseFlowDocument } from "../core/flow/index.ts";
import { keyedRunId } from "../core/run/run-id.ts";
import { submitRunBody, submitRunHeaders, submittedRun } from "../protocol/api/run.ts";
import type { Namespace } from "../protocol/ids.ts";
import type { RunSubmission } from "../protocol/run.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { type FlowLibrary, type PreparedFlow, prepareFlow, runnable } from "./flow-library.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import type { Fields } from "./request-fields.ts";
import { valueOf } from "./run-fault.ts";
import { checkRunInput, readRunInput } from "./run-input.ts";
import { DEFAULT_WAIT_SECS } from "./runs.ts";

type SubmitRunFields = Fields<typeof submitRunBody>;

/** A flow up to this many characters travels with the start; a longer one is read from the blob store. */
const MAX_CARRIED_CHARS = 64 * 1024;

export function submitRunOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/runs",
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
      async handle({ raw, namespace, headers, body, warnings }) {
        const prepared = await flowOf(body, namespace);
        const input = readRunInput(body);
        checkRunInput(prepared.flow, input);
        const submission = submissionOf(body, input.inputs);
        const key = headers["idempotency-key"];
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
          ...(key === undefined ? {} : { bodyHash: await hashOf({ flowId: prepared.flowId, ...submission }) }),
          waitMs: body.wait ? (body.timeoutSecs ?? DEFAULT_WAIT_SECS) * 1000 : 0,
        });
        // A run that carries its flow does not depend on its being stored: that it can be found later is worth a report, no more.
        const [reply] = await Promise.all([starting, storing.catch((error: unknown) => deps.reportFault(error, raw))]);
        const { summary, results, created } = valueOf(reply, runId);
        return jsonReply(
          { ...summary, ...(results ? { results } : {}) },
          { status: created && !body.wait ? 202 : 200, headers: { location: `/api/v1/runs/${runId}` }, warnings },
        );
      },
    }),
  ];

  async function flowOf(body: SubmitRunFields, namespace: Namespace): Promise<PreparedFlow> {
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
}

function submissionOf(body: SubmitRunFields, inputs: RunSubmission["inputs"]): RunSubmission {
  const { variables, overrides, maxConcurrency, labels, files } = body;
  return {
    inputs,
    ...(variables === undefined ? {} : { variables }),
    ...(overrides === undefined ? {} : { overrides }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(labels === undefined ? {} : { labels }),
    ...(files === undefined ? {} : { files }),
  };
}

/** What makes two submissions with one idempotency key the same: everything but how long to wait for the answer. */
async function hashOf(submission: object): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(submission)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
