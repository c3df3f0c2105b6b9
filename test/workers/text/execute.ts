import { Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import type { Outcome } from "../../../workers/text/src/component.ts";
import { components } from "../../../workers/text/src/components/index.ts";
import type { Json } from "../../../workers/text/src/json.ts";

/** Runs a component of the text worker; what it gives must fit the schema it declares and survive JSON. */
export async function execute(name: string, input: unknown, attempt = 1): Promise<Outcome<Json>> {
  const component = components.find((candidate) => candidate.name === name);
  if (component === undefined) throw new Error(`no component ${name}`);
  const outcome = await component.execute(input, { attempt });
  if (outcome.kind === "success") {
    const { errors } = new Validator({ ...component.outputSchema }, "2020-12").validate(outcome.output);
    expect(errors, `${name} breaks its output schema`).toEqual([]);
    expect(JSON.parse(JSON.stringify(outcome.output))).toEqual(outcome.output);
  }
  return outcome;
}

/** The output of an execution that must succeed; typed loosely, since every test looks at its own fields. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests reach into outputs of every shape
export async function output(name: string, input: unknown): Promise<any> {
  const outcome = await execute(name, input);
  if (outcome.kind !== "success") throw new Error(`${name}: ${JSON.stringify(outcome)}`);
  return outcome.output;
}
