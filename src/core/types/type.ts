/**
 * What is known of a value before a flow runs: a JSON Schema, Any or Never (TYPE-1). What expressions build is kept in forms
 * of its own, so that every schema inside still knows the document its `$ref`s point into.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { isObject } from "../flow/field-reader.ts";

export type Type =
  /** Nothing is known. */
  | { readonly kind: "any" }
  /** No value at all: the element of an empty list. */
  | { readonly kind: "never" }
  | { readonly kind: "schema"; readonly schema: JsonObject; readonly root: SchemaRoot }
  /** Exactly this value, as a flow writes it. */
  | { readonly kind: "literal"; readonly value: Json }
  /** Made by an expression: these properties, all there, and no others. */
  | { readonly kind: "object"; readonly properties: ReadonlyMap<string, Type> }
  /** Made by an expression: one type per element. */
  | { readonly kind: "tuple"; readonly items: readonly Type[] }
  /** The results of a `foreach`. */
  | { readonly kind: "array"; readonly items: Type }
  | { readonly kind: "union"; readonly members: readonly Type[] };

/** Where the `$ref`s of a schema are looked up: the document it stands in, then definitions that go for all schemas of a flow. */
export interface SchemaRoot {
  readonly document: Json;
  readonly definitions?: JsonObject;
}

export const ANY: Type = { kind: "any" };
export const NEVER: Type = { kind: "never" };
export const NULL: Type = { kind: "literal", value: null };

/**
 * The type of a schema; absent, `true`, `{}` and what is nested beyond all measure are Any, `false` is Never. `definitions`
 * are a flow's `$defs`.
 */
export function typeOfSchema(schema: Json | undefined, definitions?: JsonObject): Type {
  if (isDeeperThan(schema ?? null, MAX_JSON_DEPTH)) return ANY;
  return typeInside(schema, { document: schema ?? null, ...(definitions && { definitions }) });
}

/** The type of a schema that is part of a larger document. */
export function typeInside(schema: Json | undefined, root: SchemaRoot): Type {
  if (schema === false) return NEVER;
  if (schema === undefined || !isObject(schema) || Object.keys(schema).length === 0) return ANY;
  return { kind: "schema", schema, root };
}
