/** What the form of an approval asks for, as fields: a JSON Schema looked at the way a person fills it in. */
import type { Json, JsonObject } from "../../protocol/json.ts";

export type FormField = {
  /** Name of its control: a JSON pointer into the answer. */
  readonly name: string;
  readonly label: string;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  readonly initial: Json | undefined;
} & (
  | { readonly kind: "group"; readonly key: string; readonly fields: readonly FormField[] }
  | { readonly kind: "choice"; readonly key: string; readonly values: readonly Json[] }
  | { readonly kind: "number"; readonly key: string; readonly isWhole: boolean; readonly schema: JsonObject }
  | { readonly kind: "boolean" | "text" | "lines" | "date" | "json"; readonly key: string; readonly schema: JsonObject }
);

/** Texts that may be longer get several lines. */
const ONE_LINE = 200;
const MANY_LINES = new Set(["textarea", "multiline", "multi-line", "markdown"]);
const MAX_DEPTH = 8;

/** The fields of an object's schema, in its order. */
export function formFields(schema: JsonObject, pointer = "/data", depth = 0): readonly FormField[] {
  const { properties, required } = schema;
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([key, property]) => {
    const own = isObject(property) ? property : {};
    const name = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return fieldOf(own, key, name, needed.has(key), depth);
  });
}

function fieldOf(schema: JsonObject, key: string, name: string, isRequired: boolean, depth: number): FormField {
  const { title, description, type, format, maxLength } = schema;
  const base = {
    name,
    key,
    label: typeof title === "string" ? title : key,
    description: typeof description === "string" ? description : undefined,
    isRequired,
    initial: schema["default"],
  };
  if (Array.isArray(schema["enum"])) return { kind: "choice", ...base, values: schema["enum"] };
  switch (Array.isArray(type) ? type.find((one) => one !== "null") : type) {
    case "boolean":
      return { kind: "boolean", ...base, schema };
    case "integer":
      return { kind: "number", ...base, isWhole: true, schema };
    case "number":
      return { kind: "number", ...base, isWhole: false, schema };
    case "string": {
      if (format === "date") return { kind: "date", ...base, schema };
      const isLong = typeof maxLength === "number" && maxLength > ONE_LINE;
      const kind = isLong || (typeof format === "string" && MANY_LINES.has(format)) ? "lines" : "text";
      return { kind, ...base, schema };
    }
    case "object":
      if (isObject(schema["properties"]) && depth < MAX_DEPTH)
        return { kind: "group", ...base, fields: formFields(schema, name, depth + 1) };
      return { kind: "json", ...base, schema };
    default:
      return { kind: "json", ...base, schema };
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
