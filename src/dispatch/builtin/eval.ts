import type { SubRunDecision } from "../../core/ports/component-resolver.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { SubRunBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";
import { flowResultJson, flowResultSchema, readSubFlow, subFlowProperties } from "./sub-flow-input.ts";

const { workflow: _, ...flowProperties } = subFlowProperties;

const info = {
  component: "/eval",
  description: "Runs a flow on one input. The step succeeds even if that flow fails: look at result.outcome.",
  inputSchema: {
    type: "object",
    properties: { ...flowProperties, input: { description: "The input of the flow." } },
    required: ["input"],
  },
  outputSchema: {
    type: "object",
    properties: { result: flowResultSchema, run_id: { type: "string", description: "The id of the sub-run." } },
    required: ["result", "run_id"],
  },
};

/** `eval`; the name is a reserved word. */
export const evalFlow: SubRunBuiltin = {
  kind: "sub_run",
  info,
  start(input): SubRunDecision {
    const checked = checkInput<JsonObject>(info, input);
    if (checked.kind === "failed") return { kind: "done", outcome: checked };
    const members = checked.fields;
    const shared = readSubFlow(info.component, members);
    if (shared.kind === "failed") return { kind: "done", outcome: shared };
    return { kind: "start", request: { ...shared.request, inputs: [members["input"] ?? null] } };
  },
  next(_input, _round, { runId, results: [result] }): SubRunDecision {
    const json = { result: result ? flowResultJson(result) : null, run_id: runId };
    return { kind: "done", outcome: { kind: "success", value: { kind: "inline", json } } };
  },
};
