/** Flows as they are read over the API: without the values of places that their schemas mark as secret. */
import {
  allExamples,
  type Flow,
  type FlowExample,
  type FlowVariable,
  flowVariables,
  parseFlowDocument,
  serializeFlow,
} from "../core/flow/index.ts";
import { flowSecrets, showFlowDocument } from "../core/secrets/index.ts";
import type { JsonObject } from "../protocol/json.ts";

export function shownFlow(flow: Flow): { readonly flow: JsonObject; readonly allExamples: readonly FlowExample[] } {
  const masked = maskedFlow(flow);
  return { flow: serializeFlow(masked), allExamples: allExamples(masked) };
}

export function shownVariables(flow: Flow): Readonly<Record<string, FlowVariable>> {
  return flowVariables(maskedFlow(flow));
}

function maskedFlow(flow: Flow): Flow {
  if (!flowSecrets(flow)) return flow;
  const { flow: masked } = parseFlowDocument(showFlowDocument(serializeFlow(flow)));
  if (!masked) throw new Error("a flow cannot be read any more without its secrets");
  return masked;
}
