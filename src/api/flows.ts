import { z } from "zod";
import { type ParsedFlow, parseFlow, parseFlowDocument, type SourceMap } from "../core/flow/index.ts";
import type { DiagnosticReport } from "../protocol/api/diagnostic.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import {
  flowDocument,
  flowPage,
  flowVariables as flowVariablesSchema,
  listFlowsQuery,
  storedFlow,
  storeFlowBody,
  storeFlowQuery,
} from "../protocol/api/flow.ts";
import { blobIdSchema } from "../protocol/api/identifier.ts";
import type { Diagnostic, DiagnosticLevel } from "../protocol/diagnostic.ts";
import type { FlowId, Namespace } from "../protocol/ids.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { type FlowLibrary, prepareFlow, refuseFlow } from "./flow-library.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { isJsonType, mediaType, readJson, readText, unsupportedMediaType } from "./request-body.ts";
import { checkFields, isFields } from "./request-fields.ts";
import { DEFAULT_PAGE } from "./runs.ts";
import { shownFlow, shownVariables } from "./shown-flow.ts";

const YAML_TYPES: ReadonlySet<string> = new Set(["application/yaml", "application/x-yaml", "text/yaml"]);
const flowParams = z.object({ flowId: blobIdSchema });

interface FlowToStore {
  readonly parsed: ParsedFlow & { readonly source?: SourceMap };
  /** Only validate. */
  readonly dryRun: boolean;
  /** The name it can be found by; the flow's own unless given. */
  readonly name?: string;
}

export function flowOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/flows",
      scope: "flows:write",
      operationId: "storeFlow",
      tag: "Flows",
      summary: "Validate and store a flow",
      description:
        'Send the document as `{"flow": …}`, or its text as it is with `content-type: application/yaml`: then diagnostics carry ' +
        "lines and columns. A flow with fatal diagnostics is not stored. Storing one again makes it the newest of its name.",
      query: storeFlowQuery,
      rawBody: { "application/json": storeFlowBody, "application/yaml": z.string() },
      responses: {
        201: { description: "Stored.", schema: storedFlow },
        200: { description: "Not stored: a dry run, or a flow with fatal diagnostics.", schema: storedFlow },
      },
      async handle({ raw, namespace, query, warnings }) {
        const { warnings: more, ...flowToKeep } = await flowToStore(raw, query);
        const { flowId, stored, diagnostics } = await storeFlow(deps, library, namespace, flowToKeep);
        return jsonReply(
          { flowId, stored, diagnostics: diagnosticReport(diagnostics) },
          {
            status: stored ? 201 : 200,
            ...(stored ? { headers: { location: `/api/v1/flows/${flowId}` } } : {}),
            warnings: [...warnings, ...more],
          },
        );
      },
    }),
    operation({
      method: "get",
      path: "/flows",
      scope: ["runs:read", "flows:write"],
      operationId: "listFlows",
      tag: "Flows",
      summary: "List stored flows",
      query: listFlowsQuery,
      responses: { 200: { description: "One page, newest first.", schema: flowPage } },
      async handle({ namespace, query, warnings }) {
        const page = await deps.flows.list(namespace, { ...query, limit: query.limit ?? DEFAULT_PAGE });
        const flows = page.flows.map((flow) => ({ ...flow, storedAt: new Date(flow.storedAt).toISOString() }));
        return jsonReply({ ...page, flows }, { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/flows/{flowId}",
      scope: ["runs:read", "flows:write"],
      operationId: "getFlow",
      tag: "Flows",
      summary: "Read a flow",
      params: flowParams,
      responses: { 200: { description: "Its canonical document.", schema: flowDocument } },
      async handle({ namespace, params }) {
        const { flowId, flow } = await library.load(namespace, params.flowId);
        return jsonReply({ flowId, ...shownFlow(flow) });
      },
    }),
    operation({
      method: "get",
      path: "/flows/{flowId}/variables",
      scope: ["runs:read", "flows:write"],
      operationId: "getFlowVariables",
      tag: "Flows",
      summary: "The variables a flow declares",
      params: flowParams,
      responses: { 200: { description: "By name.", schema: flowVariablesSchema } },
      async handle({ namespace, params }) {
        const { flowId, flow } = await library.load(namespace, params.flowId);
        return jsonReply({ flowId, variables: shownVariables(flow) });
      },
    }),
    operation({
      method: "delete",
      path: "/flows/{flowId}",
      scope: "flows:write",
      operationId: "deleteFlow",
      tag: "Flows",
      summary: "Delete a flow",
      description: "Runs that execute it carry it with them and go on.",
      params: flowParams,
      responses: { 204: { description: "Deleted." } },
      async handle({ namespace, params }) {
        const flowId = params.flowId;
        const blobs = deps.blobs(namespace);
        if ((await blobs.head(flowId))?.blobType !== "flow")
          throw new ApiError("NOT_FOUND", `There is no flow ${flowId}.`);
        // The name goes first: what it leads to is there for as long as it can be found.
        await deps.flows.remove(namespace, flowId);
        await blobs.delete(flowId);
        library.forget(namespace, flowId);
        return new Response(null, { status: 204 });
      },
    }),
  ];

  async function flowToStore(
    raw: Request,
    query: { readonly dryRun?: boolean; readonly name?: string },
  ): Promise<FlowToStore & { readonly warnings: readonly RequestFault[] }> {
    const type = mediaType(raw);
    if (YAML_TYPES.has(type)) {
      const text = await readText(raw, deps.limits);
      return {
        parsed: parseFlow(text),
        dryRun: query.dryRun ?? false,
        ...(query.name === undefined ? {} : { name: query.name }),
        warnings: [],
      };
    }
    if (!isJsonType(type)) throw unsupportedMediaType(raw, ["application/json", "application/yaml"]);
    const json = await readJson(raw, deps.limits);
    if (!isFields(json) || (!("flow" in json) && ("steps" in json || "output" in json))) {
      const message =
        'expected {"flow": <the document>}; to send the document itself, use content-type application/yaml';
      throw invalidRequest([{ pointer: "", message }]);
    }
    const checked = checkFields(storeFlowBody, Object.entries(json), "body");
    if (checked.kind === "invalid") throw invalidRequest(checked.faults);
    const { flow, dryRun = query.dryRun ?? false, name = query.name } = checked.value;
    return {
      parsed: parseFlowDocument(flow),
      dryRun,
      ...(name === undefined ? {} : { name }),
      warnings: checked.warnings,
    };
  }
}

/** Validates a flow and, unless it has fatal faults, keeps it under its id and its name. Refuses what is no flow at all. */
export async function storeFlow(
  deps: ApiDeps,
  library: FlowLibrary,
  namespace: Namespace,
  { parsed, dryRun, name }: FlowToStore,
): Promise<{ readonly flowId: FlowId; readonly stored: boolean; readonly diagnostics: readonly Diagnostic[] }> {
  const verdict = prepareFlow(parsed);
  if (verdict.kind === "unreadable") throw refuseFlow(verdict.diagnostics);
  const { flowId, flow, diagnostics } = verdict.prepared;
  const stored = verdict.kind === "ready" && !dryRun;
  if (!stored) return { flowId, stored, diagnostics };
  await library.store(namespace, verdict.prepared);
  const label = name ?? flow.name;
  await deps.flows.record(namespace, {
    flowId,
    ...(label === undefined ? {} : { name: label }),
    ...(flow.description === undefined ? {} : { description: flow.description }),
    ...(flow.version === undefined ? {} : { version: flow.version }),
    storedAt: deps.now(),
  });
  return { flowId, stored, diagnostics };
}

function diagnosticReport(diagnostics: readonly Diagnostic[]): DiagnosticReport {
  const count = (level: DiagnosticLevel) => diagnostics.filter((diagnostic) => diagnostic.level === level).length;
  return {
    diagnostics: [...diagnostics],
    numFatal: count("fatal"),
    numError: count("error"),
    numWarning: count("warning"),
  };
}
