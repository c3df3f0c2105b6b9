import { describe, expect, test } from "vitest";
import { isSubtype } from "../../../src/core/types/subtype.ts";
import { ANY, NEVER, type Type, typeOfSchema } from "../../../src/core/types/type.ts";
import { unionOf } from "../../../src/core/types/union.ts";
import type { Json } from "../../../src/protocol/json.ts";

const text = { type: "string" };
const whole = { type: "integer" };
const closed = { type: "object", properties: { a: text }, additionalProperties: false };

/** `yes`, `unknown`, or the reasons. */
function verdict(left: Type, right: Type): string | readonly string[] {
  const found = isSubtype(left, right);
  if (found.kind !== "no") return found.kind;
  return found.reasons.map(({ path, message }) => `${["$", ...path].join(".")}: ${message}`);
}
const literal = (value: Json): Type => ({ kind: "literal", value });

describe("TYPE-3: Any and Never", () => {
  test.each<[string, Type, Type, string | readonly string[]]>([
    ["everything is Any", typeOfSchema(text), ANY, "yes"],
    ["Any may be anything", ANY, typeOfSchema(text), "unknown"],
    ["Any is Any", ANY, ANY, "yes"],
    ["Never is everything", NEVER, typeOfSchema(text), "yes"],
    ["Never is Never", NEVER, NEVER, "yes"],
    ["Any against Never", ANY, NEVER, "unknown"],
    ["nothing else is Never", typeOfSchema(text), NEVER, ["$: no value is allowed here"]],
    ["an absent schema is Any", typeOfSchema(undefined), typeOfSchema(text), "unknown"],
    ["`true` is Any", typeOfSchema(text), typeOfSchema(true), "yes"],
    ["`{}` is Any", typeOfSchema(text), typeOfSchema({}), "yes"],
    ["`false` is Never", typeOfSchema(false), typeOfSchema(text), "yes"],
    ["a schema with only a description is Any", typeOfSchema({ description: "x" }), typeOfSchema(text), "unknown"],
    ["… on the right too", typeOfSchema(text), typeOfSchema({ description: "x" }), "yes"],
  ])("%s", (_, left, right, expected) => expect(verdict(left, right)).toEqual(expected));
});

describe("TYPE-4 … TYPE-8: schemas", () => {
  test.each<[string, Json, Json, string | readonly string[]]>([
    ["TYPE-5 the same name", text, text, "yes"],
    ["TYPE-5 another name", text, whole, ["$: expected integer, got string"]],
    [
      "TYPE-5 names are compared literally",
      whole,
      { type: "number" },
      ["$: expected number, got integer (types are compared by name: declare it as number)"],
    ],
    ["TYPE-5 … in the other direction", { type: "number" }, whole, ["$: expected integer, got number"]],
    ["TYPE-5 null", { type: "null" }, text, ["$: expected string, got null"]],
    ["TYPE-6 a list of types lets everything through", { type: ["string", "null"] }, whole, "yes"],
    ["TYPE-6 … on the right too", whole, { type: ["string", "null"] }, "yes"],
    ["TYPE-6 properties without a type say nothing", whole, { properties: { a: text }, required: ["a"] }, "yes"],
    ["TYPE-6 … on the left neither", { properties: { a: text } }, whole, "yes"],
    [
      "TYPE-4 more properties than asked for",
      { type: "object", properties: { a: text, b: whole } },
      { type: "object", properties: { a: text } },
      "yes",
    ],
    [
      "TYPE-4 properties in depth",
      { type: "object", properties: { a: { type: "object", properties: { b: text } } } },
      { type: "object", properties: { a: { type: "object", properties: { b: whole } } } },
      ["$.a.b: expected integer, got string"],
    ],
    [
      "TYPE-4 required properties, each missing one",
      { type: "object", properties: { a: text } },
      { type: "object", required: ["a", "b", "c"] },
      ["$.b: missing required property 'b'", "$.c: missing required property 'c'"],
    ],
    [
      "TYPE-4 an optional property counts as there",
      { type: "object", properties: { a: text } },
      { type: "object", required: ["a"] },
      "yes",
    ],
    [
      "TYPE-4 an object of which nothing is declared may have it",
      { type: "object" },
      { type: "object", required: ["a"] },
      "unknown",
    ],
    [
      "TYPE-4 a closed one has not",
      { type: "object", additionalProperties: false },
      { type: "object", required: ["a"] },
      ["$.a: missing required property 'a'"],
    ],
    [
      "TYPE-4 properties that are not allowed",
      { type: "object", properties: { a: text, x: whole, y: whole } },
      closed,
      ["$.x: unexpected property 'x' is not allowed", "$.y: unexpected property 'y' is not allowed"],
    ],
    ["TYPE-4 an open object may fit a closed one", { type: "object" }, closed, "yes"],
    [
      "TYPE-4 other properties have a schema",
      { type: "object", properties: { a: text } },
      { type: "object", additionalProperties: whole },
      ["$.a: expected integer, got string"],
    ],
    [
      "TYPE-4 maps",
      { type: "object", additionalProperties: text },
      { type: "object", additionalProperties: whole },
      ["$.*: expected integer, got string"],
    ],
    [
      "TYPE-4 pattern properties are let through",
      { type: "object", properties: { x: text } },
      { type: "object", patternProperties: { "^x": whole }, additionalProperties: false },
      "yes",
    ],
    ["TYPE-4 elements", { type: "array", items: text }, { type: "array", items: text }, "yes"],
    [
      "TYPE-4 elements of another type",
      { type: "array", items: text },
      { type: "array", items: whole },
      ["$.*: expected integer, got string"],
    ],
    ["TYPE-4 elements that are not declared", { type: "array" }, { type: "array", items: whole }, "unknown"],
    ["TYPE-4 … and not asked for", { type: "array", items: text }, { type: "array" }, "yes"],
    ["TYPE-4 an array is no object", { type: "array" }, { type: "object" }, ["$: expected object, got array"]],
    [
      "TYPE-4 tuples",
      { type: "array", prefixItems: [text, text], items: false },
      { type: "array", prefixItems: [text], items: whole },
      ["$.1: expected integer, got string"],
    ],
    ["TYPE-7 fewer values", { enum: ["a"] }, { type: "string", enum: ["a", "b"] }, "yes"],
    [
      "TYPE-7 more values",
      { type: "string", enum: ["a", "c"] },
      { enum: ["a", "b"] },
      ['$: expected one of "a", "b", got "c"'],
    ],
    ["TYPE-7 any text may be one of them", text, { type: "string", enum: ["a"] }, "unknown"],
    ["TYPE-7 a number cannot", whole, { enum: ["a", "b"] }, ['$: expected one of "a", "b", got integer']],
    ["TYPE-7 values have types", { enum: ["a", 1] }, text, ["$: expected string, got integer"]],
    ["TYPE-7 const", { const: "a" }, { const: "a" }, "yes"],
    ["TYPE-7 another const", { type: "string", const: "a" }, { const: "b" }, ['$: expected "b", got "a"']],
    ["TYPE-7 text against const", text, { const: "a" }, "unknown"],
    ["TYPE-7 const of a type", { const: { a: 1 } }, { type: "object", properties: { a: whole } }, "yes"],
    ["TYPE-8 any branch on the right", text, { oneOf: [whole, text] }, "yes"],
    ["TYPE-8 no branch", text, { anyOf: [whole, { type: "null" }] }, ["$: fits none of 2 alternatives"]],
    ["TYPE-8 a single branch says why", text, { anyOf: [whole] }, ["$: expected integer, got string"]],
    ["TYPE-8 a branch that might do", { type: "array" }, { anyOf: [whole, { type: "array", items: text }] }, "unknown"],
    [
      "TYPE-8 all of them",
      { type: "object", properties: { a: text } },
      { allOf: [{ type: "object", required: ["a"] }, closed] },
      "yes",
    ],
    ["TYPE-8 one of all is missed", text, { allOf: [{}, whole] }, ["$: expected integer, got string"]],
    ["TYPE-8 every branch on the left", { anyOf: [text, { const: "x" }] }, text, "yes"],
    ["TYPE-8 some branch on the left", { anyOf: [text, { type: "null" }] }, text, "unknown"],
    [
      "TYPE-8 no branch on the left",
      { oneOf: [whole, { type: "null" }] },
      text,
      ["$: expected string, got integer", "$: expected string, got null"],
    ],
    ["TYPE-8 allOf on the left, one part suffices", { allOf: [{ description: "x" }, text] }, text, "yes"],
    ["TYPE-8 allOf on the left is never a no", { allOf: [whole] }, text, "unknown"],
  ])("%s", (_, left, right, expected) => expect(verdict(typeOfSchema(left), typeOfSchema(right))).toEqual(expected));
});

describe("TYPE-5, TYPE-7: what a flow writes out is taken by its value", () => {
  test.each<[string, Json, Json, string | readonly string[]]>([
    ["a whole number is a number", 5, { type: "number" }, "yes"],
    ["a whole number is an integer", 5, whole, "yes"],
    ["a fraction is none", 5.5, whole, ["$: expected integer, got number"]],
    ["text of an enum", "a", { type: "string", enum: ["a"] }, "yes"],
    ["text of another", "b", { enum: ["a", null] }, ['$: expected one of "a", null, got "b"']],
    ["an object", { a: "x" }, closed, "yes"],
    ["an object with more", { a: "x", b: 1 }, closed, ["$.b: unexpected property 'b' is not allowed"]],
    [
      "an element",
      [1, "x", null],
      { type: "array", items: whole },
      ["$.1: expected integer, got string", "$.2: expected integer, got null"],
    ],
    ["no elements", [], { type: "array", items: whole }, "yes"],
  ])("%s", (_, value, schema, expected) => expect(verdict(literal(value), typeOfSchema(schema))).toEqual(expected));
});

describe("TYPE-9: references", () => {
  const tree: Json = {
    $ref: "#/$defs/node",
    $defs: { node: { type: "object", properties: { value: text, next: { $ref: "#/$defs/node" } } } },
  };
  test.each<[string, Json, Json, string | readonly string[]]>([
    [
      "lead to definitions of the same schema",
      { $ref: "#/$defs/t", $defs: { t: text } },
      whole,
      ["$: expected integer, got string"],
    ],
    ["to definitions in the older place", { $ref: "#/definitions/t", definitions: { t: text } }, text, "yes"],
    [
      "with escapes",
      { $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": whole } },
      text,
      ["$: expected string, got integer"],
    ],
    ["nowhere: Any", { $ref: "#/$defs/gone" }, text, "unknown"],
    ["nowhere, on the right", text, { $ref: "#/$defs/gone" }, "yes"],
    ["elsewhere: Any", text, { $ref: "https://example.org/schema.json" }, "yes"],
    ["to an anchor: Any", text, { $ref: "#anchor" }, "yes"],
    ["in circles: Any", { $ref: "#" }, text, "unknown"],
    [
      "in wider circles",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
      text,
      "unknown",
    ],
    ["no text at all: Any", { $ref: 7 }, text, "unknown"],
    ["recursive schemas end", tree, JSON.parse(JSON.stringify(tree)), "yes"],
    [
      "recursive schemas are told apart",
      tree,
      {
        $ref: "#/$defs/n",
        $defs: { n: { type: "object", properties: { next: { $ref: "#/$defs/n" }, value: whole } } },
      },
      ["$.value: expected integer, got string"],
    ],
  ])("%s", (_, left, right, expected) => expect(verdict(typeOfSchema(left), typeOfSchema(right))).toEqual(expected));

  test("a flow's $defs go for its schemas, their own first", () => {
    const definitions = { t: text, u: text };
    expect(verdict(typeOfSchema({ $ref: "#/$defs/t" }, definitions), typeOfSchema(whole))).toHaveLength(1);
    const own = { $ref: "#/$defs/u", $defs: { u: whole } };
    expect(verdict(typeOfSchema(own, definitions), typeOfSchema(whole))).toBe("yes");
  });
});

describe("TYPE-8: unions", () => {
  const members = (type: Type) => (type.kind === "union" ? type.members : [type]);
  test("Any swallows, Never vanishes, equal members are one, a literal within a schema is nothing new", () => {
    const string = typeOfSchema(text);
    expect(unionOf([string, ANY])).toBe(ANY);
    expect(unionOf([])).toBe(NEVER);
    expect(unionOf([NEVER, string])).toBe(string);
    expect(members(unionOf([string, typeOfSchema({ type: "string" })]))).toHaveLength(1);
    expect(members(unionOf([string, literal("x"), literal(1)]))).toEqual([string, literal(1)]);
    expect(members(unionOf([unionOf([string, literal(1)]), literal(null)]))).toHaveLength(3);
  });

  test("many literals become their types, too many types Any", () => {
    const many = Array.from({ length: 100 }, (_, index) => literal(index % 2 === 0 ? index : `n${index}`));
    expect(members(unionOf(many)).map((member) => member.kind === "schema" && member.schema)).toEqual([
      { type: "integer" },
      { type: "string" },
    ]);
    const schemas = Array.from({ length: 100 }, (_, index) =>
      typeOfSchema({ type: "object", required: [`p${index}`] }),
    );
    expect(unionOf(schemas)).toBe(ANY);
  });
});
