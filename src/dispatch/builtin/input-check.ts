import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";

const validators = new WeakMap<ComponentInfo, Validator>();
const MAX_FAULTS = 20;

export type CheckedInput<Fields> =
  | { readonly kind: "valid"; readonly fields: Fields }
  | { readonly kind: "failed"; readonly error: TaskError };

/**
 * Checks an input against its component's schema. `Fields` is what that schema lets through, written as a type; an input that
 * does not fit is INVALID_INPUT with a JSON pointer to each fault.
 */
export function checkInput<Fields>(
  info: ComponentInfo & { readonly inputSchema: JsonObject },
  input: Json,
): CheckedInput<Fields> {
  let validator = validators.get(info);
  if (!validator) {
    validator = new Validator(info.inputSchema, "2020-12", false);
    validators.set(info, validator);
  }
  const { valid, errors } = validator.validate(input);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has just been checked
  if (valid) return { kind: "valid", fields: input as Fields };
  return { kind: "failed", error: invalidInput(info.component, leafFaults(errors)) };
}

interface InputFault {
  /** JSON pointer into the input; empty for the whole of it. */
  readonly pointer: string;
  readonly message: string;
}

/** The error of an input that a component cannot take; never retried. */
function invalidInput(component: string, faults: readonly InputFault[]): TaskError {
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
