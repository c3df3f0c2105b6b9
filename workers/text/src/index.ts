/** The Cloudflare Worker: text components for flows, reached by URL or by service binding. */
import { ComponentError, createWorker, type StandardSchema } from "../../../src/sdk/index.ts";
import { assertNever } from "./assert-never.ts";
import type { Component, Outcome } from "./component.ts";
import { components } from "./components/index.ts";
import type { Json, JsonObject } from "./json.ts";

const worker = createWorker({ name: "stepflow-text" });
for (const component of components) {
  worker.component(component.name, {
    description: component.description,
    input: listedAs(component.inputSchema),
    output: component.outputSchema,
    execute: async (input, { attempt }) => outputOf(component, await component.execute(input, { attempt })),
  });
}
export default worker;

/** The components read their input themselves, with messages of their own. */
function listedAs(schema: JsonObject): StandardSchema {
  const json = () => ({ ...schema });
  return {
    "~standard": {
      version: 1,
      vendor: "stepflow-text",
      validate: (value) => ({ value }),
      jsonSchema: { input: json, output: json },
    },
  };
}

function outputOf({ name }: Component, outcome: Outcome<Json>): Json {
  switch (outcome.kind) {
    case "success":
      return outcome.output;
    case "failed":
      throw new ComponentError(outcome.message, { data: outcome.data });
    case "invalid_input":
      throw ComponentError.invalidInput(name, outcome.faults);
    default:
      return assertNever(outcome);
  }
}
