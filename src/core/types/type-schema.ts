/**
 * Types as JSON Schemas that can be written into a flow: literals become their types, and what `$ref`s point to comes along
 * as `$defs`.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "../flow/field-reader.ts";
import { equalJson } from "../json/equal-json.ts";
import { typeName } from "./shape.ts";
import type { SchemaRoot, Type } from "./type.ts";

/** The schema of a type; `undefined` for Any and Never, of which there is nothing to write. */
export function schemaOfType(type: Type): Json | undefined {
  if (type.kind === "any" || type.kind === "never") return undefined;
  if (type.kind === "schema" && type.root.document === type.schema) return type.schema;
  const definitions = new Map<string, Json>();
  const schema = schemaOf(type, definitions);
  return definitions.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(definitions) };
}

function schemaOf(type: Type, definitions: Map<string, Json>): JsonObject {
  switch (type.kind) {
    case "any":
    case "never":
      return {};
    case "schema":
      return withDefinitions(type.schema, type.root, definitions);
    case "literal":
      return literalSchema(type.value);
    case "object":
      return {
        type: "object",
        properties: Object.fromEntries(
          [...type.properties].map(([name, property]) => [name, schemaOf(property, definitions)]),
        ),
        required: [...type.properties.keys()],
      };
    case "tuple":
      return arraySchema(type.items.map((item) => schemaOf(item, definitions)));
    case "array":
      return arraySchema([schemaOf(type.items, definitions)]);
    case "union":
      return unionSchema(type.members.map((member) => schemaOf(member, definitions)));
    default:
      return assertNever(type);
  }
}

function literalSchema(value: Json): JsonObject {
  if (Array.isArray(value)) return arraySchema(value.map(literalSchema));
  if (!isObject(value)) return { type: typeName(value) };
  const properties = Object.entries(value).map(([key, inner]): [string, Json] => [key, literalSchema(inner)]);
  return { type: "object", properties: Object.fromEntries(properties), required: Object.keys(value) };
}

function arraySchema(items: readonly JsonObject[]): JsonObject {
  const union = unionSchema(items);
  return Object.keys(union).length === 0 ? { type: "array" } : { type: "array", items: union };
}

const MAX_ALTERNATIVES = 16;

function unionSchema(members: readonly JsonObject[]): JsonObject {
  const distinct: JsonObject[] = [];
  for (const member of members.flatMap(alternativesOf)) {
    if (Object.keys(member).length === 0) return {};
    if (distinct.some((known) => equalJson(known, member))) continue;
    if (distinct.push(member) > MAX_ALTERNATIVES) return {};
  }
  const [first] = distinct;
  return distinct.length === 1 && first ? first : distinct.length === 0 ? {} : { anyOf: distinct };
}

function alternativesOf(schema: JsonObject): readonly JsonObject[] {
  const { anyOf } = schema;
  return Array.isArray(anyOf) && Object.keys(schema).length === 1 ? anyOf.filter(isObject) : [schema];
}

/** A part of a larger schema. Where its references cannot come along, nothing is said of it. */
function withDefinitions(schema: JsonObject, root: SchemaRoot, definitions: Map<string, Json>): JsonObject {
  if (!JSON.stringify(schema).includes('"$ref"')) return schema;
  const own = isObject(root.document) ? root.document["$defs"] : undefined;
  const available = { ...root.definitions, ...(own !== undefined && isObject(own) && own) };
  const wanted = Object.entries(available);
  const isClash = wanted.some(([name, definition]) => {
    const known = definitions.get(name);
    return known !== undefined && !equalJson(known, definition);
  });
  const isLocal = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].every(([, target]) =>
    target?.startsWith("#/$defs/"),
  );
  if (isClash || !isLocal) return {};
  for (const [name, definition] of wanted) definitions.set(name, definition);
  const { $defs: _, ...rest } = schema;
  return rest;
}
