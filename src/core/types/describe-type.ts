import { assertNever } from "../../protocol/assert-never.ts";
import { resolveReference } from "./resolve-reference.ts";
import { shapeOf, typeName } from "./shape.ts";
import type { Type } from "./type.ts";

const MAX_DEPTH = 3;
const MAX_PROPERTIES = 12;
const MAX_ALTERNATIVES = 6;
const MAX_LENGTH = 400;

/** A type for people (TYPE-12): `{ a: string, b: any }`, `string[]`, `string | null`, three levels deep. */
export function describeType(type: Type): string {
  const text = describe(type, 0);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

function describe(type: Type, depth: number): string {
  const shape = shapeOf(type);
  // Only alternatives get here: properties and elements end one level earlier.
  if (depth > MAX_DEPTH && shape.kind !== "scalar" && shape.kind !== "values") return "…";
  switch (shape.kind) {
    case "any":
    case "never":
      return shape.kind;
    case "lenient":
      return describeTypeList(type);
    case "scalar":
      return shape.name;
    case "values":
      return alternatives(shape.values.map((value) => typeName(value)));
    case "union":
      return alternatives(firstOf(shape.members).map((member) => describe(member, depth + 1)));
    case "all": {
      const parts = firstOf(shape.members).map((member) => describe(member, depth + 1));
      return [...new Set(parts.filter((part) => part !== "any"))].slice(0, MAX_ALTERNATIVES).join(" & ") || "any";
    }
    case "object":
      return depth >= MAX_DEPTH || shape.properties.size === 0
        ? describeMap(shape.rest, depth)
        : describeProperties(shape.properties, depth);
    case "array": {
      if (depth >= MAX_DEPTH) return "array";
      const items = firstOf(shape.prefix).map((item) => describe(item, depth + 1));
      if (shape.items !== undefined && shape.items.kind !== "never") items.push(describe(shape.items, depth + 1));
      if (items.length === 0) return "array";
      const item = alternatives(items);
      return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
    }
    default:
      return assertNever(shape);
  }
}

function describeProperties(properties: ReadonlyMap<string, Type>, depth: number): string {
  const shown = [...properties]
    .slice(0, MAX_PROPERTIES)
    .map(([name, property]) => `${name}: ${describe(property, depth + 1)}${isSecret(property) ? " [secret]" : ""}`);
  return `{ ${[...shown, ...(properties.size > MAX_PROPERTIES ? ["…"] : [])].join(", ")} }`;
}

function describeMap(rest: Type | undefined, depth: number): string {
  if (depth >= MAX_DEPTH || rest === undefined || rest.kind === "any" || rest.kind === "never") return "object";
  return `{ [name]: ${describe(rest, depth + 1)} }`;
}

function describeTypeList(type: Type): string {
  const resolved = resolveReference(type);
  const names = resolved.kind === "schema" ? resolved.schema["type"] : undefined;
  return Array.isArray(names) ? alternatives(names.map(String)) : "any";
}

/** One more than are shown, to tell that there are more. */
function firstOf<T>(members: readonly T[]): readonly T[] {
  return members.slice(0, MAX_ALTERNATIVES + 1);
}

function alternatives(names: readonly string[]): string {
  const distinct = names.includes("any") ? ["any"] : [...new Set(names)];
  const shown = distinct.slice(0, MAX_ALTERNATIVES).join(" | ");
  return distinct.length > MAX_ALTERNATIVES ? `${shown} | …` : shown || "never";
}

function isSecret(type: Type): boolean {
  return type.kind === "schema" && type.schema["is_secret"] === true;
}
