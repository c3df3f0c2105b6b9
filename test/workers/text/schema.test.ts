import { Validator } from "@cfworker/json-schema";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { components } from "../../../workers/text/src/components/index.ts";
import {
  array,
  boolean,
  choice,
  integer,
  nullable,
  number,
  object,
  optional,
  readWith,
  record,
  type Schema,
  string,
  withDefault,
} from "../../../workers/text/src/schema.ts";

describe("readWith", () => {
  test.each<[string, Schema<unknown>, unknown, string]>([
    ["a string", string(), 1, " must be a string, not 1"],
    ["an empty string", string({ minLength: 1 }), "", " must not be empty"],
    ["a choice", choice(["a", "b"]), "c", ' must be one of a, b, not "c"'],
    ["a boolean", boolean(), "true", " must be true or false, not a string"],
    ["a whole number", integer(), 1.5, " must be a whole number, not 1.5"],
    ["a minimum", integer({ minimum: 1 }), 0, " must be at least 1, not 0"],
    ["a maximum", number({ maximum: 1 }), 2, " must be at most 1, not 2"],
    ["an array", array(string()), {}, " must be an array, not an object"],
    ["too many elements", array(string(), { maxItems: 1 }), ["a", "b"], " has 2 elements, at most 1 are allowed"],
    ["an element", array(string()), ["a", null], "/1 must be a string, not null"],
    ["a record", record(integer()), { "a/b~c": "x" }, "/a~1b~0c must be a whole number, not a string"],
    ["an object", object({ a: string() }), [], " must be an object, not an array"],
    ["a missing field", object({ a: string() }), {}, "/a is required"],
    ["an unknown field", object({ a: optional(string()) }), { b: 1 }, "/b unknown field; known are a"],
    [
      "a field called __proto__",
      object({ a: optional(string()) }),
      JSON.parse('{"__proto__":1}'),
      "/__proto__ unknown field; known are a",
    ],
  ])("refuses %s", (_, schema, value, expected) => {
    const reading = readWith(schema, value);
    const faults =
      reading.kind === "faulty" ? reading.faults.map(({ pointer, message }) => `${pointer} ${message}`) : [];
    expect(faults).toEqual([expected]);
  });

  test("fills defaults, takes null for an absent option and drops what it may ignore", () => {
    const schema = object(
      { a: withDefault(integer(), 3), b: optional(string()), c: nullable(string()) },
      { extra: "ignore" },
    );
    expect(readWith(schema, { b: null, c: null, d: 1 })).toEqual({
      kind: "sound",
      value: { a: 3, b: undefined, c: null },
    });
  });
});

test.each(components.map((component) => [component.name, component] as const))(
  "%s never throws, whatever its input, and refuses what its schema refuses",
  async (_, component) => {
    const validator = new Validator({ ...component.inputSchema }, "2020-12");
    const fields = Object.keys(component.inputSchema["properties"] ?? {});
    const value = fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.jsonValue(), { maxLength: 3 }),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...fields, "other"), value), async (input) => {
        const outcome = await component.execute(JSON.parse(JSON.stringify(input)), { attempt: 1 });
        const hasNull = Object.values(input).includes(null);
        if (!hasNull && !validator.validate(JSON.parse(JSON.stringify(input))).valid)
          expect(outcome.kind).toBe("invalid_input");
      }),
      { numRuns: 150 },
    );
  },
);
