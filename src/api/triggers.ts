/** Triggers: made, read, listed, deleted. What one does with what it gets is its own object's matter. */
import type { z } from "zod";
import { parseFlowDocument } from "../core/flow/index.ts";
import { getTriggerQuery } from "../protocol/api/schedule.ts";
import {
  deletedTrigger,
  listedTrigger,
  listTriggersQuery,
  putTriggerBody,
  type TriggerDocument,
  triggerDocument,
  triggerPage,
  triggerParams,
} from "../protocol/api/trigger.ts";
import type { FlowId, Namespace } from "../protocol/ids.ts";
import { checkWebhook } from "../triggers/check-webhook.ts";
import { redactTrigger } from "../triggers/redact-trigger.ts";
import type { KnownTrigger } from "../triggers/trigger-registry.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import type { FlowLibrary } from "./flow-library.ts";
import { refuseFlow } from "./flow-library.ts";
import { storeFlow } from "./flows.ts";
import { hookUrl } from "./hooks.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { DEFAULT_PAGE } from "./runs.ts";
import { refuseSchedule, scheduleStateOf } from "./schedule-state.ts";
import { boundBy, refuseForbiddenFlow } from "./trigger-bounds.ts";

export function triggerOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    operation({
      method: "put",
      path: "/triggers/{name}",
      scope: "triggers",
      operationId: "putTrigger",
      tag: "Triggers",
      summary: "Create or replace a trigger",
      description: "The same again changes nothing. One of the deployment's configuration is not changed here.",
      params: triggerParams,
      body: putTriggerBody,
      responses: {
        201: { description: "Created.", schema: listedTrigger },
        200: { description: "Replaced.", schema: listedTrigger },
      },
      async handle({ caller, namespace, params, body, warnings }) {
        refuseConfigured(deps, namespace, params.name);
        const read = triggerDocument.safeParse(body);
        if (!read.success)
          throw invalidRequest(
            read.error.issues.map(({ path, message }) => ({ pointer: `/${path.map(String).join("/")}`, message })),
          );
        const faults = checkWebhook(read.data);
        if (faults.length > 0) throw invalidRequest(faults);
        await refuseSchedule(deps, namespace, params.name, read.data);
        const bounded = boundBy(caller, read.data);
        const document = await withStoredFlow(deps, library, { namespace, name: params.name }, bounded);
        const { trigger, created } = await deps.triggers.put(namespace, params.name, document);
        return jsonReply(listed(deps, trigger), { status: created ? 201 : 200, warnings });
      },
    }),
    operation({
      method: "get",
      path: "/triggers",
      scope: "triggers",
      operationId: "listTriggers",
      tag: "Triggers",
      summary: "List triggers",
      description: "By name, those of the configuration included. Secrets are not told.",
      query: listTriggersQuery,
      responses: { 200: { description: "One page.", schema: triggerPage } },
      async handle({ namespace, query, warnings }) {
        const { triggers, next } = await deps.triggers.list(namespace, {
          limit: query.limit ?? DEFAULT_PAGE,
          ...(query.type === undefined ? {} : { type: query.type }),
          ...(query.cursor === undefined ? {} : { after: query.cursor }),
        });
        const page = {
          triggers: triggers.map((trigger) => listed(deps, trigger)),
          ...(next === undefined ? {} : { nextCursor: next }),
        };
        return jsonReply(page, { warnings });
      },
    }),
    operation({
      method: "get",
      path: "/triggers/{name}",
      scope: "triggers",
      operationId: "getTrigger",
      tag: "Triggers",
      summary: "Read a trigger",
      description: "Secrets are not told. Of a schedule: whether it is paused, when it fires next, what it fired last.",
      params: triggerParams,
      query: getTriggerQuery,
      responses: { 200: { description: "The trigger.", schema: listedTrigger } },
      async handle({ namespace, params, query, warnings }) {
        const trigger = await deps.triggers.find(namespace, params.name);
        if (!trigger) throw noTrigger(params.name);
        const state = await scheduleStateOf(deps, trigger, query.next);
        return jsonReply({ ...listed(deps, trigger), ...state }, { warnings });
      },
    }),
    operation({
      method: "delete",
      path: "/triggers/{name}",
      scope: "triggers",
      operationId: "deleteTrigger",
      tag: "Triggers",
      summary: "Delete a trigger",
      description: "With the record of what it did. Its runs stay, and go on.",
      params: triggerParams,
      responses: { 200: { description: "Deleted.", schema: deletedTrigger } },
      async handle({ namespace, params: { name } }) {
        refuseConfigured(deps, namespace, name);
        if (!(await deps.triggers.remove(namespace, name))) throw noTrigger(name);
        return jsonReply({ name, deleted: true });
      },
    }),
  ];
}

export function noTrigger(name: string): ApiError {
  return new ApiError("NOT_FOUND", `There is no trigger "${name}". GET /api/v1/triggers lists them.`);
}

function refuseConfigured(deps: ApiDeps, namespace: Namespace, name: string): void {
  if (!deps.triggers.isConfigured(namespace, name)) return;
  const message = `The trigger "${name}" is part of the deployment's configuration: change it there.`;
  throw new ApiError("FAILED_PRECONDITION", message);
}

/** A trigger keeps the id of its flow, never the document. A flow that it cannot start is found out now, not at the first delivery. */
async function withStoredFlow(
  deps: ApiDeps,
  library: FlowLibrary,
  { namespace, name }: { readonly namespace: Namespace; readonly name: string },
  { flow, ...document }: TriggerDocument,
): Promise<TriggerDocument> {
  const bounded = { name, allowComponents: document.allowComponents };
  if (flow !== undefined) {
    const parsed = parseFlowDocument(flow);
    if (parsed.flow) refuseForbiddenFlow(bounded, parsed.flow);
    const stored = await storeFlow(deps, library, namespace, { parsed, dryRun: false });
    if (!stored.stored) throw refuseFlow(stored.diagnostics);
    return { ...document, flowId: stored.flowId };
  }
  const flowId = document.flowId ?? (await newestOf(deps, namespace, document.flowName ?? ""));
  refuseForbiddenFlow(bounded, (await library.load(namespace, flowId)).flow);
  return document;
}

async function newestOf(deps: ApiDeps, namespace: Namespace, flowName: string): Promise<FlowId> {
  const latest = await deps.flows.latest(namespace, flowName);
  if (latest) return latest.flowId;
  throw new ApiError("NOT_FOUND", `There is no flow named "${flowName}": store it first, with POST /api/v1/flows.`);
}

function listed(
  deps: ApiDeps,
  { namespace, name, document, source, createdAt, updatedAt }: KnownTrigger,
): z.input<typeof listedTrigger> {
  return {
    name,
    ...redactTrigger(document),
    source,
    url: hookUrl(deps.publicUrl, namespace, name),
    ...(source === "config" ? {} : { createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }),
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
