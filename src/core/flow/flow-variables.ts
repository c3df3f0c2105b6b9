import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** One variable a flow declares under `schemas.properties.variables`. */
export interface FlowVariable {
  /** What it is when a run does not give it; absent: nothing. */
  readonly defaultValue?: Json;
  readonly required: boolean;
  /** Environment variable that the CLI reads it from. */
  readonly envVar?: string;
  readonly description?: string;
  readonly schema?: Json;
}

/** The declared variables by name, in the order of the schema. */
export function flowVariables(flow: Flow): Readonly<Record<string, FlowVariable>> {
  const required = requiredNames(flow);
  return Object.fromEntries(
    Object.entries(variableSchemas(flow)).map(([name, schema]): [string, FlowVariable] => {
      const defaultValue = defaultOf(schema, required.has(name));
      const { description, env_var: envVar } = isObject(schema) ? schema : {};
      return [
        name,
        {
          ...(defaultValue !== undefined && { defaultValue }),
          required: required.has(name),
          ...(typeof envVar === "string" && { envVar }),
          ...(typeof description === "string" && { description }),
          schema,
        },
      ];
    }),
  );
}

/**
 * What a variable is that a run does not give (FLOW-14): its schema's `default`, else, unless it is required, the empty value
 * of its type (`""`, `0`, `false`, or `null` where the type allows it). `undefined`: there is none.
 */
export function variableDefault(flow: Flow, name: string): Json | undefined {
  const schemas = variableSchemas(flow);
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  return schema === undefined ? undefined : defaultOf(schema, requiredNames(flow).has(name));
}

function defaultOf(schema: Json, isRequired: boolean): Json | undefined {
  if (!isObject(schema)) return undefined;
  const declared = schema["default"];
  if (declared !== undefined) return declared;
  return isRequired ? undefined : emptyValue(schema["type"]);
}

const EMPTY_VALUES: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["string", ""],
  ["number", 0],
  ["integer", 0],
  ["boolean", false],
]);

function emptyValue(type: Json | undefined): Json | undefined {
  if (Array.isArray(type)) return type.includes("null") ? null : undefined;
  return typeof type === "string" ? EMPTY_VALUES.get(type) : undefined;
}

function variableSchemas(flow: Flow): JsonObject {
  const variables = flow.schemas?.variables;
  const properties = variables !== undefined && isObject(variables) ? variables["properties"] : undefined;
  return properties !== undefined && isObject(properties) ? properties : {};
}

function requiredNames(flow: Flow): ReadonlySet<Json> {
  const variables = flow.schemas?.variables;
  const required = variables !== undefined && isObject(variables) ? variables["required"] : undefined;
  return new Set(Array.isArray(required) ? required : []);
}
