import type { SubRunDecision } from "../../core/ports/component-resolver.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { SubRunBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";
import { isObject, readSubFlow, subFlowProperties } from "./sub-flow-input.ts";

const DEFAULT_MAX_ITERATIONS = 1000;

const info = {
  component: "/iterate",
  description: "Runs a flow again and again: its output {next: …} is the next input, {result: …} ends the loop.",
  inputSchema: {
    type: "object",
    properties: {
      ...subFlowProperties,
      initial_input: { description: "The input of the first iteration." },
      max_iterations: {
        type: ["integer", "null"],
        minimum: 0,
        maximum: 4_294_967_295,
        default: DEFAULT_MAX_ITERATIONS,
      },
    },
    required: ["initial_input"],
  },
  outputSchema: {
    type: "object",
    properties: {
      result: {},
      iterations: { type: "integer" },
      terminated: { type: "boolean", description: "True when max_iterations ended the loop." },
    },
    required: ["result", "iterations", "terminated"],
  },
};

export const iterate: SubRunBuiltin = {
  kind: "sub_run",
  info,
  start(input): SubRunDecision {
    const checked = checkInput<JsonObject>(info, input);
    if (checked.kind === "failed") return failed(checked.error);
    return goOn(checked.fields, checked.fields["initial_input"] ?? null, 0);
  },
  next(input, round, { results: [result] }): SubRunDecision {
    const iterations = round + 1;
    if (result?.outcome === "failed") return failed(result.error);
    const output = result?.outcome === "success" ? result.result : undefined;
    if (isObject(output) && isObject(input)) {
      if (output["result"] !== undefined) return done(output["result"], iterations, false);
      if (output["next"] !== undefined) return goOn(input, output["next"], iterations);
    }
    return failed({
      code: "INVALID_INPUT",
      message: "Workflow result must contain either 'result' or 'next' field",
      data: { iteration: iterations, outcome: result?.outcome ?? "skipped" },
    });
  },
};

function goOn(input: JsonObject, current: Json, iterations: number): SubRunDecision {
  const { max_iterations: limit } = input;
  const shared = readSubFlow(info.component, input);
  if (shared.kind === "failed") return { kind: "done", outcome: shared };
  if (iterations >= (typeof limit === "number" ? limit : DEFAULT_MAX_ITERATIONS))
    return done(current, iterations, true);
  return { kind: "start", request: { ...shared.request, inputs: [current] } };
}

function done(result: Json, iterations: number, terminated: boolean): SubRunDecision {
  return {
    kind: "done",
    outcome: { kind: "success", value: { kind: "inline", json: { result, iterations, terminated } } },
  };
}

function failed(error: TaskError): SubRunDecision {
  return { kind: "done", outcome: { kind: "failed", error } };
}
