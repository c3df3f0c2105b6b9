import type { SubRunDecision, SubRunRequest } from "../../core/ports/component-resolver.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { SubRunBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";
import { flowResultJson, flowResultSchema, readSubFlow, subFlowProperties } from "./sub-flow-input.ts";

const count = { type: "integer", minimum: 0 };

const info = {
  component: "/map",
  description:
    "Runs a flow on each item. Succeeds whatever the items come to, unless more fail than tolerated_failure_* allows: results are in the order of the items.",
  inputSchema: {
    type: "object",
    properties: {
      ...subFlowProperties,
      items: { type: "array" },
      tolerated_failure_count: {
        type: ["integer", "null"],
        minimum: 0,
        description:
          "Items that may fail; one more, and no further one starts and the step fails. Absent: all of them.",
      },
      tolerated_failure_percentage: {
        type: ["number", "null"],
        minimum: 0,
        maximum: 100,
        description: "The same as a share of all items. The smaller bound counts.",
      },
    },
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
    return items.length === 0
      ? done([])
      : {
          kind: "start",
          request: { ...shared.request, ...tolerated(checked.fields), inputs: items, mayBeChunked: true },
        };
  },
  next: (_input, _round, { results }): SubRunDecision => done(results),
};

function tolerated(fields: JsonObject): Pick<SubRunRequest, "toleratedFailures"> {
  const { tolerated_failure_count: count, tolerated_failure_percentage: percentage } = fields;
  const bounds = {
    ...(typeof count === "number" && { count }),
    ...(typeof percentage === "number" && { percentage }),
  };
  return Object.keys(bounds).length === 0 ? {} : { toleratedFailures: bounds };
}

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
