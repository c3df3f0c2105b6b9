import type { SubRunDecision } from "../../core/ports/component-resolver.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { SubRunBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";
import { flowResultJson, flowResultSchema, readSubFlow, subFlowProperties } from "./sub-flow-input.ts";

const count = { type: "integer", minimum: 0 };

const info = {
  component: "/map",
  description:
    "Runs a flow on each item. Always succeeds: failures of items are in results, in the order of the items.",
  inputSchema: {
    type: "object",
    properties: { ...subFlowProperties, items: { type: "array" } },
    required: ["items"],
  },
  outputSchema: {
    type: "object",
    properties: {
      results: { type: "array", items: flowResultSchema },
      successful: count,
      failed: count,
      skipped: count,
    },
    required: ["results", "successful", "failed", "skipped"],
  },
};

/** `map`; named so as not to be taken for the array method. */
export const mapFlow: SubRunBuiltin = {
  kind: "sub_run",
  info,
  start(input): SubRunDecision {
    const checked = checkInput<JsonObject & { readonly items: Json[] }>(info, input);
    if (checked.kind === "failed") return { kind: "done", outcome: checked };
    const shared = readSubFlow(info.component, checked.fields);
    if (shared.kind === "failed") return { kind: "done", outcome: shared };
    const { items } = checked.fields;
    return items.length === 0 ? done([]) : { kind: "start", request: { ...shared.request, inputs: items } };
  },
  next: (_input, _round, { results }): SubRunDecision => done(results),
};

function done(results: readonly FlowResult[]): SubRunDecision {
  const counts = { success: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome]++;
  const json = {
    results: results.map(flowResultJson),
    successful: counts.success,
    failed: counts.failed,
    skipped: counts.skipped,
  };
  return { kind: "done", outcome: { kind: "success", value: { kind: "inline", json } } };
}
