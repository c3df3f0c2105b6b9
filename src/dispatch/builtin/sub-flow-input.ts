/** The part of their input that `eval`, `iterate` and `map` share: which flow to run, and with what. */

import type { SubRunRequest } from "../../core/ports/component-resolver.ts";
import { assertNever } from "../../protocol/assert-never.ts";
import { COMPONENT_PATTERN, MAX_COMPONENT_PATTERNS } from "../../protocol/component-pattern.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { rejectInput } from "./input-check.ts";

const flowDocument = {
  type: "object",
  description: "A flow, inline; wrap it in $literal so that its own references are left alone.",
};

/** JSON Schema of the shared members. */
export const subFlowProperties = {
  flow: flowDocument,
  workflow: { ...flowDocument, description: "The same as flow." },
  flow_id: {
    type: "string",
    pattern: "^[0-9a-fA-F]{64}$",
    description: "Id of a stored flow, instead of an inline one.",
  },
  variables: { type: ["object", "null"], description: "Absent: the variables of this run." },
  overrides: { description: "Changes to the flow's steps: {steps: {<id>: {value: …}}}." },
  allow_components: {
    type: ["array", "null"],
    items: { type: "string", pattern: COMPONENT_PATTERN.source },
    maxItems: MAX_COMPONENT_PATTERNS,
    description: "Patterns of the components that the flow may name (/text/*, /builtin/**), within what this run may.",
  },
  max_concurrency: { type: ["integer", "null"], minimum: 1, description: "Items active at once." },
};

type SharedRequest = Omit<SubRunRequest, "inputs">;

/** Reads the shared members of an input that fits its schema. */
export function readSubFlow(
  component: string,
  input: JsonObject,
): { readonly kind: "request"; readonly request: SharedRequest } | ReturnType<typeof rejectInput> {
  const { flow_id: flowId, variables, overrides, max_concurrency: maxConcurrency, allow_components: allowed } = input;
  const documents = [input["flow"], input["workflow"]].filter((document) => document !== undefined);
  const [document] = documents;
  if (documents.length + (flowId === undefined ? 0 : 1) !== 1) {
    return rejectInput(component, "", "give the flow to run as exactly one of flow, workflow and flow_id");
  }
  return {
    kind: "request",
    request: {
      flow:
        typeof flowId === "string"
          ? { kind: "stored", flowId: flowId.toLowerCase() }
          : { kind: "document", document: document ?? null },
      ...(isObject(variables) && { variables }),
      ...(overrides !== undefined && overrides !== null && { overrides }),
      ...(Array.isArray(allowed) && { allowComponents: allowed.map(String) }),
      ...(typeof maxConcurrency === "number" && { maxConcurrency }),
    },
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A flow result as the JSON value that steps see. */
export function flowResultJson(result: FlowResult): JsonObject {
  switch (result.outcome) {
    case "success":
      return { outcome: "success", result: result.result };
    case "skipped":
      return { outcome: "skipped" };
    case "failed": {
      const { code, message, data } = result.error;
      return { outcome: "failed", error: { code, message, ...(data !== undefined && { data }) } };
    }
    default:
      return assertNever(result);
  }
}

/** JSON Schema of `flowResultJson`. */
export const flowResultSchema = {
  type: "object",
  properties: {
    outcome: { type: "string", enum: ["success", "failed", "skipped"] },
    result: {},
    error: {
      type: "object",
      properties: { code: { type: "string" }, message: { type: "string" }, data: {} },
      required: ["code", "message"],
    },
  },
  required: ["outcome"],
};
