/** What a type says about its values, in the few forms that comparing and walking into it need. */
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "../flow/field-reader.ts";
import { resolveReference } from "./resolve-reference.ts";
import { ANY, NEVER, type SchemaRoot, type Type, typeInside } from "./type.ts";

export type Shape =
  | { readonly kind: "any" }
  | { readonly kind: "never" }
  /** A list of types, which the reference does not look into: everything is let through. */
  | { readonly kind: "lenient" }
  | { readonly kind: "scalar"; readonly name: string }
  /** One of these values; a `const` and a literal are one value. */
  | { readonly kind: "values"; readonly values: readonly Json[] }
  | { readonly kind: "union"; readonly members: readonly Type[] }
  | { readonly kind: "all"; readonly members: readonly Type[] }
  | ObjectShape
  | ArrayShape;

export interface ObjectShape {
  readonly kind: "object";
  readonly properties: ReadonlyMap<string, Type>;
  readonly required: ReadonlySet<string>;
  /** What other properties are; `undefined`: the schema does not say. */
  readonly rest: Type | undefined;
  /** The schema has no `type`, so that other values than objects fit too. */
  readonly isImplied: boolean;
}
export interface ArrayShape {
  readonly kind: "array";
  readonly prefix: readonly Type[];
  /** What the elements after `prefix` are; `undefined`: the schema does not say. */
  readonly items: Type | undefined;
  readonly isImplied: boolean;
}

export function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case "any":
    case "never":
    case "union":
      return type;
    case "literal":
      return literalShape(type.value);
    case "object":
      return {
        kind: "object",
        properties: type.properties,
        required: new Set(type.properties.keys()),
        rest: NEVER,
        isImplied: false,
      };
    case "tuple":
      return { kind: "array", prefix: type.items, items: NEVER, isImplied: false };
    case "array":
      return { kind: "array", prefix: [], items: type.items, isImplied: false };
    case "schema": {
      const resolved = resolveReference(type);
      return resolved.kind === "schema" ? schemaShape(resolved.schema, resolved.root) : shapeOf(resolved);
    }
    default:
      return assertNever(type);
  }
}

/** The name that JSON Schema has for a value's type; whole numbers are `integer`. */
export function typeName(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function literalShape(value: Json): Shape {
  const literal = (inner: Json): Type => ({ kind: "literal", value: inner });
  if (Array.isArray(value)) return { kind: "array", prefix: value.map(literal), items: NEVER, isImplied: false };
  if (!isObject(value)) return { kind: "values", values: [value] };
  const properties = new Map(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
  return { kind: "object", properties, required: new Set(properties.keys()), rest: NEVER, isImplied: false };
}

function schemaShape(schema: JsonObject, root: SchemaRoot): Shape {
  const { type, const: constant, enum: values, anyOf, oneOf, allOf } = schema;
  if (constant !== undefined) return { kind: "values", values: [constant] };
  if (Array.isArray(values)) return { kind: "values", values };
  if (type === "object") return objectShape(schema, root, false);
  if (type === "array") return arrayShape(schema, root, false);
  if (typeof type === "string") return { kind: "scalar", name: type };
  const inside = (part: Json): Type => typeInside(part, root);
  if (Array.isArray(oneOf)) return { kind: "union", members: oneOf.map(inside) };
  if (Array.isArray(anyOf)) return { kind: "union", members: anyOf.map(inside) };
  if (Array.isArray(allOf)) return { kind: "all", members: allOf.map(inside) };
  if (isObject(schema["properties"] ?? null)) return objectShape(schema, root, true);
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return arrayShape(schema, root, true);
  return Array.isArray(type) ? { kind: "lenient" } : { kind: "any" };
}

function objectShape(schema: JsonObject, root: SchemaRoot, isImplied: boolean): ObjectShape {
  const { properties, required, additionalProperties, patternProperties } = schema;
  const declared = properties !== undefined && isObject(properties) ? Object.entries(properties) : [];
  const rest = additionalProperties === undefined ? undefined : typeInside(additionalProperties, root);
  return {
    kind: "object",
    properties: new Map(declared.map(([name, property]) => [name, typeInside(property, root)])),
    required: new Set(Array.isArray(required) ? required.filter((name) => typeof name === "string") : []),
    // Patterns are not tried: a name that is not listed may be anything.
    rest: patternProperties === undefined ? rest : ANY,
    isImplied,
  };
}

function arrayShape(schema: JsonObject, root: SchemaRoot, isImplied: boolean): ArrayShape {
  const { items, prefixItems } = schema;
  // Before 2020-12 a list of `items` was what `prefixItems` is now.
  const prefix = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
  return {
    kind: "array",
    prefix: prefix.map((item) => typeInside(item, root)),
    items: items === undefined || Array.isArray(items) ? undefined : typeInside(items, root),
    isImplied,
  };
}
