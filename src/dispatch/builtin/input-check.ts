import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";

const validators = new WeakMap<ComponentInfo, Validator>();
const MAX_FAULTS = 20;

/** Checks an input against its component's schema: INVALID_INPUT with a JSON pointer to each fault, or `undefined`. */
export function checkInput(info: ComponentInfo, input: Json): TaskError | undefined {
  if (typeof info.inputSchema !== "object" || info.inputSchema === null) return undefined;
  let validator = validators.get(info);
  if (!validator) {
    validator = new Validator(info.inputSchema as JsonObject, "2020-12", false);
    validators.set(info, validator);
  }
  const { valid, errors } = validator.validate(input);
  return valid ? undefined : invalidInput(info.component, leafFaults(errors));
}

export interface InputFault {
  /** JSON pointer into the input; empty for the whole of it. */
  readonly pointer: string;
  readonly message: string;
}

/** The error of an input that a component cannot take; never retried. */
export function invalidInput(component: string, faults: readonly InputFault[]): TaskError {
  const listed = faults.slice(0, MAX_FAULTS);
  const text = listed.map(({ pointer, message }) => `${pointer === "" ? "the input" : pointer}: ${message}`).join("; ");
  return {
    code: "INVALID_INPUT",
    message: `invalid input for ${component}: ${text}`,
    data: { faults: listed.map(({ pointer, message }) => ({ pointer, message })) },
  };
}

/** A `failed` outcome for one fault. */
export function rejectInput(
  component: string,
  pointer: string,
  message: string,
): Extract<TaskOutcome, { kind: "failed" }> {
  return { kind: "failed", error: invalidInput(component, [{ pointer, message }]) };
}

/** The validator reports each fault once per enclosing schema; the innermost says what is wrong. */
function leafFaults(errors: readonly OutputUnit[]): readonly InputFault[] {
  const summaries = new Set([
    "properties",
    "items",
    "prefixItems",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
  ]);
  const leaves = errors.filter(({ keyword }) => !summaries.has(keyword));
  const faults = (leaves.length > 0 ? leaves : errors).map(({ instanceLocation, error }) => ({
    pointer: instanceLocation.replace(/^#/, ""),
    message: error.replace(/\.$/, ""),
  }));
  return faults.filter(
    (fault, index) =>
      faults.findIndex(({ pointer, message }) => pointer === fault.pointer && message === fault.message) === index,
  );
}
