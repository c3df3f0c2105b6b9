import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "./field-reader.ts";
import type { Flow } from "./flow.ts";
import { canonicalField, STEP_FIELDS } from "./known-fields.ts";
import { mergePatch } from "./merge-patch.ts";
import { parseFlowDocument } from "./read-flow.ts";
import { serializeFlow, serializeStep } from "./serialize-flow.ts";

export type AppliedOverrides =
  /** To be validated again. `diagnostics` are those of reading the patched steps. */
  | { readonly kind: "flow"; readonly flow: Flow; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "invalid"; readonly message: string };

/**
 * Patches steps of a flow for one run (FLOW-13): `{steps: {<id>: {$type?: "merge_patch", value}}}`, each value an RFC 7396 merge
 * patch on the step's canonical document. Absent overrides leave the flow as it is.
 */
export function applyOverrides(flow: Flow, overrides: Json | undefined): AppliedOverrides {
  if (overrides === undefined || overrides === null) return { kind: "flow", flow, diagnostics: [] };
  const patches = isObject(overrides) ? overrides["steps"] : undefined;
  if (patches === undefined || patches === null || !isObject(patches)) {
    return {
      kind: "invalid",
      message: "Overrides must be an object with 'steps': { steps: { <step id>: { value: { … } } } }",
    };
  }
  const steps = flow.steps.map(serializeStep);
  for (const [id, override] of Object.entries(patches)) {
    const index = flow.steps.findIndex((step) => step.id === id);
    if (index < 0) return { kind: "invalid", message: `Step '${id}' not found in workflow` };
    const patched = patchStep(steps[index] ?? {}, id, override);
    if (typeof patched === "string") return { kind: "invalid", message: patched };
    steps[index] = patched;
  }
  const { flow: result, diagnostics } = parseFlowDocument({ ...serializeFlow(flow), steps });
  if (result !== undefined) return { kind: "flow", flow: result, diagnostics };
  const fatal = diagnostics.find(({ level }) => level === "fatal");
  return {
    kind: "invalid",
    message: `Overrides make the flow invalid: ${fatal?.path ?? "$"}: ${fatal?.message ?? "it cannot be read"}`,
  };
}

/** The patched document of a step, or what is wrong with the override. */
function patchStep(step: JsonObject, id: string, override: Json): JsonObject | string {
  if (!isObject(override)) return `The override of step '${id}' must be an object with 'value'`;
  const type = override["$type"] ?? "merge_patch";
  if (type === "json_patch") return `Override type 'json_patch' of step '${id}' is not supported; use 'merge_patch'`;
  if (type !== "merge_patch") return `Unknown override type ${JSON.stringify(type)} of step '${id}'; use 'merge_patch'`;
  const value = override["value"];
  if (value === undefined || !isObject(value))
    return `The override of step '${id}' needs 'value', an object that is merged into the step`;
  const patched = mergePatch(
    step,
    Object.fromEntries(Object.entries(value).map(([key, patch]) => [canonicalField(key, STEP_FIELDS) ?? key, patch])),
  );
  return isObject(patched) ? patched : `The override of step '${id}' must leave an object`;
}
