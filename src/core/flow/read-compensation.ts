import type { JsonObject } from "../../protocol/json.ts";
import type { Expression } from "../expression/index.ts";
import { FieldReader, type Found, type Report } from "./field-reader.ts";
import type { Compensation } from "./flow.ts";
import { COMPENSATION_FIELDS } from "./known-fields.ts";
import { readDuration } from "./read-duration.ts";
import { readRetryPolicy } from "./read-retry-policy.ts";

/** Reads a step's `compensate`; `undefined` (and a fatal report) without a component. */
export function readCompensation(
  source: Found<JsonObject> | undefined,
  report: Report,
  expression: (found: Found) => Expression,
): Compensation | undefined {
  if (source === undefined) return undefined;
  const fields = new FieldReader(source, COMPENSATION_FIELDS, report);
  if (fields.get("component") === undefined) {
    report("missingField", "A compensation needs 'component': what undoes the step", source.at, {
      hint: "For example compensate: { component: /bank/refund, input: { id: { $step: pay, path: $.id } } }.",
    });
  }
  const component = fields.string("component");
  const input = fields.get("input");
  const timeoutMs = readDuration(fields.get("timeout"), report);
  const retry = readRetryPolicy(fields.object("retry"), report);
  if (component === undefined) return undefined;
  return {
    component,
    input: input ? expression(input) : { kind: "literal", value: null, quoted: false },
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retry && { retry }),
  };
}
