import { expect, test } from "vitest";
import { schemaFaults } from "../../../src/core/schema/index.ts";
import type { Json } from "../../../src/protocol/json.ts";

const schema: Json = {
  type: "object",
  required: ["question"],
  additionalProperties: false,
  properties: {
    question: { type: "string", minLength: 3 },
    numbers: { type: "array", items: { type: "integer" } },
    either: { anyOf: [{ type: "string" }, { type: "object", required: ["k"], properties: { k: { type: "number" } } }] },
    shared: { $ref: "#/$defs/named" },
  },
};
const definitions = { named: { type: "object", properties: { "a/b~": { type: "number" } } } };

function pointers(value: Json): string[] {
  const check = schemaFaults(schema, value, definitions);
  return check.kind === "checked" ? check.faults.map((fault) => fault.pointer) : [check.message];
}

test.each<[string, Json, string[]]>([
  ["a valid value", { question: "why", numbers: [1], either: "x", shared: { "a/b~": 1 } }, []],
  ["the value itself", 5, [""]],
  ["a missing property, at the object that lacks it", {}, [""]],
  ["a wrong property", { question: 1 }, ["/question"]],
  ["an element", { question: "why", numbers: [1, "x", 2.5] }, ["/numbers/1", "/numbers/2"]],
  ["a property that is not allowed", { question: "why", other: 1 }, ["/other"]],
  [
    "keys with a slash and a tilde, through a shared definition",
    { question: "why", shared: { "a/b~": "x" } },
    ["/shared/a~1b~0"],
  ],
])("points to %s", (_, value, expected) => {
  expect(pointers(value)).toEqual(expected);
});

test("says what is wrong, once", () => {
  expect(schemaFaults({ allOf: [{ type: "string" }, { type: "string" }] }, 1)).toEqual({
    kind: "checked",
    faults: [{ pointer: "", message: 'Instance type "number" is invalid. Expected "string".' }],
  });
});

test.each<[string, Json]>([
  ["as a whole", { $blob: "00" }],
  ["in place of a property", { question: { $blob: "00" }, numbers: { $blob: "01" } }],
  ["in place of an element", { question: "why", numbers: [{ $blob: "00" }] }],
  ["inside a choice", { question: "why", either: { k: { $blob: "00" } } }],
])("a blob reference passes any schema: %s", (_, value) => {
  expect(pointers(value)).toEqual([]);
});

test("a blob reference does not excuse what is wrong beside it", () => {
  expect(pointers({ question: 1, numbers: { $blob: "00" } })).toEqual(["/question"]);
});

test.each<[string, Json]>([
  ["a reference that leads nowhere", { $ref: "https://example.com/none" }],
  ["a pattern that is no regular expression", { type: "string", pattern: "(" }],
])("a schema that cannot be used is told apart from a wrong value: %s", (_, unusable) => {
  expect(schemaFaults(unusable, "text")).toMatchObject({ kind: "unusable_schema" });
});

test("boolean schemas", () => {
  expect(schemaFaults(true, 1)).toEqual({ kind: "checked", faults: [] });
  expect(schemaFaults(false, 1)).toMatchObject({ faults: [{ pointer: "" }] });
});
