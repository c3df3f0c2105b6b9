/** From a submission to the command that starts it: finds the flow, applies overrides, refuses what cannot run. */

import type { Flow } from "../core/flow/flow.ts";
import {
  applyOverrides,
  canonicalFlowText,
  flowIdOf,
  parseFlow,
  validateFlow,
  withEnvironment,
} from "../core/flow/index.ts";
import type { Plan } from "../core/plan/index.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Command } from "../core/run/command.ts";
import { boundsField, type ComponentBounds, forbiddenComponent } from "../core/run/component-bounds.ts";
import type { PlanStore } from "../core/run/engine.ts";
import type { BlobId, FlowId } from "../protocol/ids.ts";
import type { RunFault, StartRun } from "./run-api.ts";
import type { RunDeps } from "./run-deps.ts";

export type Prepared =
  | { readonly kind: "ready"; readonly command: Extract<Command, { kind: "start_run" }> }
  | { readonly kind: "refused"; readonly fault: RunFault };
export type Found =
  | { readonly kind: "flow"; readonly flowId: FlowId; readonly text: string; readonly plan: Plan }
  | { readonly kind: "refused"; readonly fault: RunFault };

export async function prepareStart(
  request: StartRun,
  plans: PlanStore,
  blobs: BlobStore,
  deps: RunDeps,
): Promise<Prepared> {
  const submitted = await findFlow(request, plans, blobs);
  if (submitted.kind === "refused") return submitted;
  const { submission } = request;
  const effective =
    submission.overrides === undefined || submission.overrides === null
      ? submitted
      : override(submitted, submission.overrides, plans);
  if (effective.kind === "refused") return effective;
  // A chunk has those of its run.
  const variables = request.parent?.chunk
    ? submission.variables
    : withEnvironment(effective.plan.flow, submission.variables, (name) => deps.environment?.(name));
  const bounds = request.allowComponents ?? [];
  const forbidden = refuseForbidden(effective.plan.flow, bounds);
  if (forbidden) return forbidden;
  return {
    kind: "ready",
    command: {
      kind: "start_run",
      runId: request.runId,
      namespace: request.namespace,
      flowId: submitted.flowId,
      plan: effective.plan,
      flows: new Map([
        [submitted.flowId, submitted.text],
        [effective.flowId, effective.text],
      ]),
      inputs: submission.inputs,
      ...(variables && { variables }),
      maxConcurrency: submission.maxConcurrency ?? effective.plan.flow.maxConcurrency ?? deps.maxConcurrency,
      ...(submission.toleratedFailures && { toleratedFailures: submission.toleratedFailures }),
      labels: submission.labels ?? {},
      files: (submission.files ?? {}) as Readonly<Record<string, BlobId>>,
      ...(request.bodyHash !== undefined && { bodyHash: request.bodyHash }),
      ...(request.parent && { parent: request.parent }),
      ...(request.secrets && { secrets: request.secrets }),
      ...request.bounds,
      ...boundsField(bounds),
    },
  };
}

export async function findFlow(
  request: Pick<StartRun, "flowId" | "flowText">,
  plans: PlanStore,
  blobs: BlobStore,
): Promise<Found> {
  if (request.flowText !== undefined) {
    const plan = plans.get(request.flowId);
    if (plan) return { kind: "flow", flowId: request.flowId, text: request.flowText, plan };
    return compile(request.flowText, plans);
  }
  const blob = await blobs.get(request.flowId);
  if (!blob) return refuse(`there is no flow ${request.flowId}; store it with POST /api/v1/flows first`);
  return compile(new TextDecoder().decode(blob.bytes), plans);
}

/** Any dialect: what is stored under a flow id may be the blob of a raw document (A12). */
export function compile(text: string, plans: PlanStore): Found {
  const { flow, diagnostics } = parseFlow(text, { format: "json" });
  if (!flow) return refuse("the flow cannot be read", diagnostics);
  return admit(flow, plans);
}

export function override(
  submitted: Extract<Found, { kind: "flow" }>,
  overrides: NonNullable<StartRun["submission"]["overrides"]>,
  plans: PlanStore,
): Found {
  const patched = applyOverrides(submitted.plan.flow, overrides);
  return patched.kind === "invalid" ? refuse(patched.message) : admit(patched.flow, plans);
}

function admit(flow: Flow, plans: PlanStore): Found {
  const fatal = validateFlow(flow).filter(({ level }) => level === "fatal");
  if (fatal.length > 0) return refuse(fatal.map(({ message }) => message).join("; "), fatal);
  const text = canonicalFlowText(flow);
  const flowId = flowIdOf(text);
  return { kind: "flow", flowId, text, plan: plans.get(flowId) ?? plans.put(flowId, flow) };
}

/** A flow that names what the run may not use. */
export function refuseForbidden(flow: Flow, bounds: ComponentBounds): Extract<Found, { kind: "refused" }> | undefined {
  const found = forbiddenComponent(flow, bounds);
  if (!found) return undefined;
  const { message, pointer } = found;
  return { kind: "refused", fault: { kind: "forbidden", message, faults: [{ pointer, message }] } };
}

export function refuse(
  message: string,
  diagnostics: Extract<RunFault, { kind: "invalid" }>["diagnostics"] = [],
): Extract<Found, { kind: "refused" }> {
  return { kind: "refused", fault: { kind: "invalid", message, diagnostics } };
}
