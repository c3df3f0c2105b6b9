import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../../protocol/json.ts";

/** One thing wrong with a value: a JSON pointer into it (`""` is the value itself) and what is wrong there. */
interface SchemaFault {
  readonly pointer: string;
  readonly message: string;
}

type SchemaCheck =
  | { readonly kind: "checked"; readonly faults: readonly SchemaFault[] }
  /** The schema itself cannot be used: a reference that leads nowhere, a pattern that is no regular expression. */
  | { readonly kind: "unusable_schema"; readonly message: string };

/** Keywords whose own message only says that something further down is wrong, which is reported there. */
const CARRIERS = new Set([
  "$ref",
  "$recursiveRef",
  "allOf",
  "if",
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "dependentSchemas",
  "items",
  "prefixItems",
  "additionalItems",
]);
/** Keywords that one part of a value can decide for the whole of it. */
const CHOICES = new Set(["anyOf", "oneOf", "not", "contains"]);
const MAX_FAULTS = 100;

/** Checks one value: see `compileSchema`. */
export function schemaFaults(schema: Json, value: Json, definitions?: JsonObject): SchemaCheck {
  return compileSchema(schema, definitions)(value);
}

/**
 * Prepares a JSON Schema (2020-12) for checking many values. `definitions` are added to the schema's `$defs`. A blob reference
 * passes any schema, since what it stands for is not at hand. At most 100 faults are told of one value. Never throws.
 */
export function compileSchema(schema: Json, definitions?: JsonObject): (value: Json) => SchemaCheck {
  if (schema === false) {
    return () => ({ kind: "checked", faults: [{ pointer: "", message: "No value is allowed here." }] });
  }
  if (!isObject(schema)) return () => ({ kind: "checked", faults: [] });
  const own = schema["$defs"];
  const whole = definitions ? { ...schema, $defs: { ...definitions, ...(isObject(own) ? own : {}) } } : schema;
  let validator: Validator;
  try {
    validator = new Validator(whole, "2020-12", false);
  } catch (error) {
    return () => unusable(error);
  }
  return (value) => {
    try {
      return { kind: "checked", faults: faultsOf(validator.validate(value).errors, value) };
    } catch (error) {
      return unusable(error);
    }
  };
}

function unusable(error: unknown): SchemaCheck {
  return { kind: "unusable_schema", message: error instanceof Error ? error.message : String(error) };
}

function faultsOf(errors: readonly OutputUnit[], value: Json): readonly SchemaFault[] {
  const told = new Map<string, SchemaFault>();
  for (const { keyword, instanceLocation, error } of withoutReferences(errors, value)) {
    if (CARRIERS.has(keyword)) continue;
    const message = keyword === "false" ? "This is not allowed here." : error;
    const fault = { pointer: instanceLocation.slice(1), message };
    told.set(`${fault.pointer}\n${fault.message}`, fault);
  }
  return Array.from(told.values()).slice(0, MAX_FAULTS);
}

/** Leaves out what is wrong at or below a blob reference, and choices that such a reference could decide. */
function withoutReferences(errors: readonly OutputUnit[], value: Json): readonly OutputUnit[] {
  const references = errors.length === 0 ? [] : blobReferences(value, "#");
  if (references.length === 0) return errors;
  const undecided = errors
    .filter(
      ({ keyword, instanceLocation }) =>
        CHOICES.has(keyword) && references.some((at) => isWithin(at, instanceLocation)),
    )
    .map((error) => error.keywordLocation);
  return errors.filter(
    (error) =>
      !references.some((at) => isWithin(error.instanceLocation, at)) &&
      !undecided.some((at) => isWithin(error.keywordLocation, at)),
  );
}

/** The locations of `{"$blob": id, …}` objects. */
function blobReferences(value: Json, location: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if (isObject(value) && typeof value["$blob"] === "string") return [location];
  return Object.entries(value).flatMap(([key, child]) =>
    blobReferences(child, `${location}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
}

function isWithin(location: string, outer: string): boolean {
  return location === outer || location.startsWith(`${outer}/`);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
