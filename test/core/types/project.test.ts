import { expect, test } from "vitest";
import { describeType } from "../../../src/core/types/index.ts";
import { elementType, projectPath } from "../../../src/core/types/project.ts";
import { type Type, typeOfSchema } from "../../../src/core/types/type.ts";
import type { Json } from "../../../src/protocol/json.ts";

const text = { type: "string" };
const whole = { type: "integer" };
const person = { type: "object", properties: { name: text, tags: { type: "array", items: text } } };

/** What lies there, as text; for what cannot be there, the segment that is missing and what there is instead. */
function at(type: Type, path: readonly (string | number)[]): string {
  const projection = projectPath(type, path);
  if (projection.kind === "found") return describeType(projection.type);
  return `no ${projection.segment} but ${projection.known.join(", ") || "nothing"}`;
}

test.each<[string, Json, (string | number)[], string]>([
  ["the root", text, [], "string"],
  ["a property", person, ["name"], "string"],
  ["an element", person, ["tags", 3], "string"],
  ["a property that is declared nowhere", person, ["nam"], "no nam but name, tags"],
  ["a property of a property that is none", person, ["name", "first"], "no first but nothing"],
  ["an index into an object", person, [0], "no 0 but nothing"],
  ["a property of an array", person, ["tags", "first"], "no first but nothing"],
  ["an object of which nothing is declared", { type: "object" }, ["x", "y", 0], "any"],
  ["… or no property", { type: "object", properties: {} }, ["x"], "any"],
  ["a closed object without properties", { type: "object", additionalProperties: false }, ["x"], "no x but nothing"],
  ["further properties of any type", { ...person, additionalProperties: true }, ["x"], "any"],
  ["further properties of one type", { ...person, additionalProperties: whole }, ["x"], "integer"],
  ["properties by pattern", { ...person, patternProperties: { "^x": whole } }, ["x"], "any"],
  ["an array without items", { type: "array" }, [0, "x"], "any"],
  ["a tuple", { type: "array", prefixItems: [text, whole], items: false }, [1], "integer"],
  ["beyond a tuple", { type: "array", prefixItems: [text], items: false }, [1], "no 1 but nothing"],
  ["the older form of a tuple", { type: "array", items: [text, whole] }, [1], "integer"],
  ["one branch has it", { anyOf: [person, { type: "object", properties: { id: whole } }] }, ["id"], "integer"],
  [
    "several have it",
    { oneOf: [person, { type: "object", properties: { name: whole } }] },
    ["name"],
    "string | integer",
  ],
  ["no branch has it", { oneOf: [person, { type: "null" }] }, ["x"], "no x but name, tags"],
  ["all of them", { allOf: [{ type: "object" }, person] }, ["name"], "string"],
  ["none of all", { allOf: [person, { type: "object", properties: { id: whole } }] }, ["x"], "no x but name, tags, id"],
  ["without a type", { properties: { name: text } }, ["name"], "string"],
  ["a list of types", { type: ["object", "null"], properties: { name: text } }, ["name"], "string"],
  ["nothing said", { description: "x" }, ["a"], "any"],
  ["inside a constant", { const: { a: [1, "x"] } }, ["a", 1], "string"],
  ["not inside a constant", { const: { a: 1 } }, ["b"], "no b but a"],
  [
    "through references",
    { $ref: "#/$defs/p", $defs: { p: { properties: { next: { $ref: "#/$defs/p" } } } } },
    ["next", "next", "next", "x"],
    "no x but next",
  ],
  [
    "a key that is called __proto__",
    { type: "object", properties: JSON.parse('{"__proto__": {"type": "string"}}') },
    ["__proto__"],
    "string",
  ],
  ["… only where it is declared", person, ["__proto__"], "no __proto__ but name, tags"],
])("TYPE-10 path: %s", (_, schema, path, expected) => expect(at(typeOfSchema(schema), path)).toBe(expected));

test("TYPE-2 the element of a foreach", () => {
  const element = (schema: Json) => describeType(elementType(typeOfSchema(schema)));
  expect(element({ type: "array", items: text })).toBe("string");
  expect(element({ type: "array" })).toBe("any");
  expect(element({})).toBe("any");
  expect(element({ type: "array", prefixItems: [text, whole], items: false })).toBe("string | integer");
  expect(
    element({
      anyOf: [
        { type: "array", items: text },
        { type: "array", items: whole },
      ],
    }),
  ).toBe("string | integer");
  expect(describeType(elementType({ kind: "tuple", items: [] }))).toBe("never");
});

test.each<[Json | undefined, string]>([
  [undefined, "any"],
  [{}, "any"],
  [false, "never"],
  [text, "string"],
  [{ type: "object" }, "object"],
  [{ type: "object", properties: { a: text, b: {} } }, "{ a: string, b: any }"],
  [{ type: "object", properties: { key: { type: "string", is_secret: true } } }, "{ key: string [secret] }"],
  [{ type: "object", additionalProperties: whole }, "{ [name]: integer }"],
  [{ type: "array", items: text }, "string[]"],
  [{ type: "array", items: { type: "array", items: text } }, "string[][]"],
  [{ type: "array" }, "array"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ anyOf: [text, { type: "null" }, text] }, "string | null"],
  [{ anyOf: [text, {}] }, "any"],
  [{ type: "array", items: { anyOf: [text, whole] } }, "(string | integer)[]"],
  [{ allOf: [{}, person] }, "{ name: string, tags: string[] }"],
  [{ enum: ["a", 1, null] }, "string | integer | null"],
  [
    { properties: { a: { properties: { b: { properties: { c: { properties: { d: text } } } } } } } },
    "{ a: { b: { c: object } } }",
  ],
  [
    { $ref: "#/$defs/n", $defs: { n: { properties: { next: { $ref: "#/$defs/n" } } } } },
    "{ next: { next: { next: object } } }",
  ],
])("TYPE-12 %j is shown as %s", (schema, expected) => expect(describeType(typeOfSchema(schema))).toBe(expected));

test("TYPE-12 long types are cut", () => {
  const properties = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${index}`, text]));
  expect(describeType(typeOfSchema({ type: "object", properties }))).toMatch(/p11: string, … }$/);
});
