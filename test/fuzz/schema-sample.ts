import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { Prng } from "../simulation/prng.ts";

/** JSON that fits a schema of the OpenAPI document, more or less. `examples`: values by field name that are there for real. */
export function sampleSchema(
  prng: Prng,
  schema: JsonObject,
  document: JsonObject,
  examples: Readonly<Record<string, readonly Json[]>>,
  depth = 5,
): Json {
  const inner = (next: Json | undefined) => sampleSchema(prng, objectOf(next), document, examples, depth - 1);
  const { $ref, type, properties, items, enum: values, required } = schema;
  if (typeof $ref === "string") return inner(resolve(document, $ref));
  if (Array.isArray(values)) return prng.pick(values);
  if ("const" in schema) return schema["const"] ?? null;
  for (const key of ["oneOf", "anyOf", "allOf"]) {
    const branches = schema[key];
    if (Array.isArray(branches) && branches.length > 0) return inner(prng.pick(branches));
  }
  switch (Array.isArray(type) ? prng.pick(type) : type) {
    case "object": {
      const names = Object.keys(objectOf(properties)).filter(
        (name) => (Array.isArray(required) && required.includes(name)) || prng.chance(depth > 0 ? 0.4 : 0),
      );
      return Object.fromEntries(
        names.map((name) => {
          const known = examples[name];
          return [name, known && prng.chance(0.8) ? prng.pick(known) : inner(objectOf(properties)[name])];
        }),
      );
    }
    case "array":
      return Array.from({ length: prng.between(0, 2) }, () => inner(items));
    case "string":
      return prng.pick(["", "a", "running", "2026-01-01T00:00:00.000Z", "30s", "f".repeat(64)]);
    case "integer":
      return prng.pick([0, 1, -1, 5, 100, 2 ** 31, 2 ** 53]);
    case "number":
      return prng.pick([0, 0.5, -1, 1e9]);
    case "boolean":
      return prng.chance(0.5);
    default:
      return prng.pick<Json>([null, {}, [], "x", 1, { a: 1 }]);
  }
}

export function objectOf(json: Json | undefined): JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}

export function resolve(document: JsonObject, ref: string): JsonObject {
  return ref
    .split("/")
    .slice(1)
    .reduce<JsonObject>((at, key) => objectOf(at[key]), document);
}
