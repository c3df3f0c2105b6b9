import { type OutputUnit, Validator } from "@cfworker/json-schema";
import type { StandardIssue, StandardSchema } from "./standard-schema.ts";

/** A JSON Schema document (2020-12). */
export type JsonSchemaDocument = boolean | { readonly [keyword: string]: unknown };

/** Keywords whose own message only says that something further down is wrong, which is reported there. */
const CARRIERS = new Set(["$ref", "allOf", "if", "properties", "additionalProperties", "items", "prefixItems"]);

/**
 * A plain JSON Schema as a typed one: `jsonSchema<{ text: string }>({ type: "object", … })`. That the type goes with the schema
 * is the author's word. Defaults are shown, not filled in.
 */
export function jsonSchema<T>(document: JsonSchemaDocument): StandardSchema<T> {
  const schema = typeof document === "boolean" ? (document ? {} : { not: {} }) : document;
  const validator = new Validator({ ...schema }, "2020-12", false);
  return {
    "~standard": {
      version: 1,
      vendor: "json-schema",
      validate: (value) => {
        const { valid, errors } = validator.validate(value);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the author's word, see above
        return valid ? { value: value as T } : { issues: issuesOf(errors) };
      },
      jsonSchema: { input: () => ({ ...schema }), output: () => ({ ...schema }) },
    },
  };
}

function issuesOf(errors: readonly OutputUnit[]): readonly StandardIssue[] {
  const told = errors.filter(({ keyword }) => !CARRIERS.has(keyword));
  return (told.length > 0 ? told : errors).map(({ error, instanceLocation }) => ({
    message: error,
    path: instanceLocation
      .split("/")
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")),
  }));
}
