import { schemaFaults } from "../../core/schema/index.ts";
import type { RequestFault } from "../../protocol/api/error-body.ts";
import { isExactNumber } from "../../protocol/exact-number.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { type FormField, formFields } from "./form-field.ts";

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

type Control = Exclude<FormField, { kind: "group" }>;
type Given = ReadonlyMap<string, string>;

/**
 * What was filled in, as the JSON that the schema describes: what was left empty is absent. `faults`: what has to be filled in
 * and was not, what is not what its field is for, and what the schema says of the other fields.
 */
export function readForm(
  schema: JsonObject,
  given: Given,
): { readonly data: JsonObject; readonly faults: readonly RequestFault[] } {
  const fields = formFields(schema);
  const faults: RequestFault[] = [];
  const data = readGroup(fields, given, faults);
  const checked = schemaFaults(schema, data);
  if (faults.length === 0 || checked.kind === "unusable_schema") return { data, faults };
  // What is missing because it could not be read is told already.
  const filled = new Set(
    leaves(fields)
      .filter(({ name }) => !faults.some(({ pointer }) => pointer === name))
      .map(({ name }) => name),
  );
  const others = checked.faults.map(({ pointer, message }) => ({ pointer: `/data${pointer}`, message }));
  return { data, faults: [...faults, ...others.filter(({ pointer }) => filled.has(pointer))] };
}

function leaves(fields: readonly FormField[]): Control[] {
  return fields.flatMap((field) => (field.kind === "group" ? leaves(field.fields) : [field]));
}

function readGroup(fields: readonly FormField[], given: Given, faults: RequestFault[]): JsonObject {
  const found: [string, Json][] = [];
  for (const field of fields) {
    const value = field.kind === "group" ? readInner(field, given, faults) : readField(field, given, faults);
    if (value !== undefined) found.push([field.key, value]);
  }
  return Object.fromEntries(found);
}

/** An optional group that was left empty is absent, whatever it would need. */
function readInner(
  field: Extract<FormField, { kind: "group" }>,
  given: Given,
  faults: RequestFault[],
): Json | undefined {
  const inner: RequestFault[] = [];
  const value = readGroup(field.fields, given, inner);
  if (!field.isRequired && !isTouched(field.fields, given)) return undefined;
  faults.push(...inner);
  return value;
}

function isTouched(fields: readonly FormField[], given: Given): boolean {
  return fields.some((field) =>
    field.kind === "group" ? isTouched(field.fields, given) : (given.get(field.name) ?? "").trim() !== "",
  );
}

function readField(field: Control, given: Given, faults: RequestFault[]): Json | undefined {
  const text = (given.get(field.name) ?? "").replaceAll("\r\n", "\n");
  const fault = (message: string) => {
    faults.push({ pointer: field.name, message });
    return undefined;
  };
  if (field.kind === "boolean") return given.has(field.name);
  if (text.trim() === "") return field.isRequired ? fault("Please fill this in.") : undefined;
  switch (field.kind) {
    case "number": {
      const written = text.trim();
      const number = Number(written);
      if (!DECIMAL.test(written) || !isExactNumber(written)) return fault("Please give a number.");
      return field.isWhole && !Number.isInteger(number) ? fault("Please give a whole number.") : number;
    }
    case "choice":
      return field.values.find((value) => JSON.stringify(value) === text) ?? fault("Please choose one of these.");
    case "json": {
      const parsed = parseJson(text, { uniqueKeys: true });
      return parsed.kind === "json" ? parsed.json : fault(`Please give JSON: ${parsed.message}.`);
    }
    case "text":
    case "lines":
    case "date":
      return text;
  }
}
