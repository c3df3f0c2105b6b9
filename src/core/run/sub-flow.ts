/** Turns the flow a component asks for into a recorded, compiled one. */

import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { BlobId, FlowId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { Flow } from "../flow/flow.ts";
import { applyOverrides, canonicalFlowText, flowIdOf, parseFlowDocument, validateFlow } from "../flow/index.ts";
import type { SubRunRequest } from "../ports/component-resolver.ts";
import { type ComponentBounds, forbiddenComponent } from "./component-bounds.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

export type SubFlow =
  | {
      readonly kind: "ready";
      readonly flowId: FlowId;
      readonly planId: FlowId;
      readonly timeoutMs: number | undefined;
      /** It, or a flow written out in it, may have compensations. */
      readonly mayUndo: boolean;
    }
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] }
  | { readonly kind: "invalid"; readonly error: TaskError };

/** The document of a literal is the same object in every evaluation: parsed once per isolate. */
const known = new WeakMap<object, { readonly flow: Flow; readonly flowId: FlowId; readonly text: string }>();

/** `bounds`: what the flow may name; one that names anything else is not recorded. */
export function prepareSubFlow(turn: Turn, request: SubRunRequest, bounds: ComponentBounds): SubFlow {
  const source = flowDocument(turn, request.flow);
  if (source.kind !== "document") return source;
  const parsed = parse(source.document);
  if (parsed.kind === "invalid") return parsed;
  let { flow, flowId: planId, text } = parsed;
  if (request.overrides !== undefined && request.overrides !== null) {
    const patched = applyOverrides(flow, request.overrides);
    if (patched.kind === "invalid") return invalid(patched.message);
    const faults = fatal([...patched.diagnostics, ...validateFlow(patched.flow)]);
    if (faults) return invalid(faults);
    flow = patched.flow;
    text = canonicalFlowText(flow);
    planId = flowIdOf(text);
  }
  const forbidden = forbiddenComponent(flow, bounds);
  if (forbidden) return invalid(forbidden.message);
  record(turn, parsed.flowId, parsed.text, parsed.flow);
  record(turn, planId, text, flow);
  return {
    kind: "ready",
    flowId: parsed.flowId,
    planId,
    timeoutMs: flow.timeoutMs,
    mayUndo: text.includes('"compensate":'),
  };
}

function flowDocument(
  turn: Turn,
  source: SubRunRequest["flow"],
): { readonly kind: "document"; readonly document: Json } | Exclude<SubFlow, { kind: "ready" }> {
  if (source.kind === "document") return source;
  const id = source.flowId.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(id))
    return invalid(`flow_id must be 64 hex digits, got ${JSON.stringify(source.flowId).slice(0, 80)}`);
  const row = turn.tree.flowRows.get(id as FlowId);
  const read = row === undefined ? turn.values.readBlob(id as BlobId) : turn.values.read(row);
  return read.kind === "value" ? { kind: "document", document: read.value } : read;
}

function parse(
  document: Json,
):
  | { readonly kind: "flow"; readonly flow: Flow; readonly flowId: FlowId; readonly text: string }
  | Extract<SubFlow, { kind: "invalid" }> {
  const key = typeof document === "object" ? document : null;
  const before = key && known.get(key);
  if (before) return { kind: "flow", ...before };
  const { flow, diagnostics } = parseFlowDocument(document);
  const faults = fatal(flow ? [...diagnostics, ...validateFlow(flow)] : diagnostics);
  if (!flow || faults) return invalid(faults ?? "the flow cannot be read");
  const text = canonicalFlowText(flow);
  const parsed = { flow, flowId: flowIdOf(text), text };
  if (key) known.set(key, parsed);
  return { kind: "flow", ...parsed };
}

function record(turn: Turn, flowId: FlowId, text: string, flow: Flow): void {
  if (turn.tree.flowRows.has(flowId)) return;
  if (!turn.plans.get(flowId)) turn.plans.put(flowId, flow);
  emit(turn, { kind: "flow_recorded", flowId }, { kind: "text", text });
  turn.effects.push({ kind: "store_flow", flowId, text });
}

function fatal(diagnostics: readonly Diagnostic[]): string | undefined {
  const found = diagnostics.filter(({ level }) => level === "fatal");
  if (found.length === 0) return undefined;
  return found.map(({ message, path }) => (path ? `${message} (at ${path})` : message)).join("; ");
}

function invalid(message: string): Extract<SubFlow, { kind: "invalid" }> {
  return { kind: "invalid", error: { code: "INVALID_INPUT", message: `the sub-flow is not valid: ${message}` } };
}
