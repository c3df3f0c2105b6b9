import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schemaFaults } from "../../../src/core/schema/index.ts";
import { checkFlowTypes, describeType, inferSchemas } from "../../../src/core/types/index.ts";
import { projectPath } from "../../../src/core/types/project.ts";
import { isSubtype } from "../../../src/core/types/subtype.ts";
import { type Type, typeOfSchema } from "../../../src/core/types/type.ts";
import { schemaOfType } from "../../../src/core/types/type-schema.ts";
import { unionOf } from "../../../src/core/types/union.ts";
import type { StepId } from "../../../src/protocol/ids.ts";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";
import { expressions, json } from "../expression/arbitraries.ts";

const names = fc.constantFrom("a", "b", "c", "__proto__");
const objectOf = (properties: readonly (readonly [string, Json])[]): JsonObject => Object.fromEntries(properties);

/** The part of JSON Schema on which subtyping of a literal and validation agree in both directions. */
const { schema: decidable } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Json>(
      { type: "string" },
      { type: "integer" },
      { type: "number" },
      { type: "boolean" },
      { type: "null" },
      { enum: ["x", 1, null] },
      { const: { a: 1 } },
      {},
      true,
    ),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc
      .tuple(
        fc.uniqueArray(names, { maxLength: 3 }),
        fc.array(tie("schema"), { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
      )
      .map(
        ([keys, schemas, areRequired, isClosed]): Json => ({
          type: "object",
          properties: objectOf(keys.map((key, index) => [key, schemas[index] ?? true])),
          ...(areRequired && { required: keys }),
          ...(isClosed && { additionalProperties: false }),
        }),
      ),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf): Json => ({ anyOf })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((allOf): Json => ({ allOf })),
  ),
}));
/** Values that have a fair chance to fit such a schema. */
const { value: values } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Json>("x", "y", 1, 1.5, true, null),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 3 }).map(objectOf),
  ),
}));
/** Anything that might be sent as a schema. */
const keyword = fc.constantFrom(
  "type",
  "properties",
  "items",
  "required",
  "enum",
  "const",
  "anyOf",
  "oneOf",
  "allOf",
  "$ref",
  "$defs",
  "additionalProperties",
  "prefixItems",
);
const { schema: wild } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>("object", "array", "string", "#/$defs/a", "#", "#/properties/a", true, false, null, 3),
    fc.array(tie("schema"), { maxLength: 3 }),
    fc.array(fc.tuple(fc.oneof(keyword, names), tie("schema")), { maxLength: 4 }).map(objectOf),
  ),
}));

describe("TYPE-5, TYPE-7: a value that the flow writes out", () => {
  test("is a subtype exactly of the schemas that allow it", () => {
    fc.assert(
      fc.property(decidable, values, (schema, value) => {
        const check = schemaFaults(schema, value);
        if (check.kind !== "checked") throw new Error(check.message);
        const verdict = isSubtype({ kind: "literal", value }, typeOfSchema(schema));
        expect(verdict.kind).toBe(check.faults.length === 0 ? "yes" : "no");
      }),
      { numRuns: 2000 },
    );
  });

  test("TYPE-14 fits the schema that is inferred of it", () => {
    fc.assert(
      fc.property(values, (value) => {
        const check = schemaFaults(schemaOfType({ kind: "literal", value }) ?? {}, value);
        expect(check).toEqual({ kind: "checked", faults: [] });
      }),
    );
  });
});

describe("TYPE-13: for any two schemas", () => {
  test("subtyping is reflexive, never throws, and its verdict holds in a union", () => {
    fc.assert(
      fc.property(wild, wild, (one, other) => {
        const [left, right] = [typeOfSchema(one), typeOfSchema(other)];
        expect(isSubtype(left, typeOfSchema(JSON.parse(JSON.stringify(one)))).kind).not.toBe("no");
        if (isSubtype(left, right).kind === "yes") expect(isSubtype(left, unionOf([right, left])).kind).not.toBe("no");
        expect(describeType(left).length).toBeLessThanOrEqual(400);
        expect(() => JSON.stringify(schemaOfType(left))).not.toThrow();
        projectPath(left, ["a", 0, "b"]);
      }),
      { numRuns: 2000 },
    );
  });

  const chain = (depth: number, wrap: (inner: Json) => Json): Json => {
    let schema: Json = { type: "string" };
    for (let level = 0; level < depth; level++) schema = wrap(schema);
    return schema;
  };
  const fanOut: Json = {
    $ref: "#/$defs/n0",
    $defs: Object.fromEntries(
      Array.from({ length: 60 }, (_, n): [string, Json] => {
        const next: Json = { $ref: `#/$defs/n${n + 1}` };
        return [`n${n}`, { type: "object", properties: { a: next, b: next, c: next }, required: ["a"] }];
      }),
    ),
  };
  const clone = (schema: Json): Json => JSON.parse(JSON.stringify(schema));
  test.each<[string, Json]>([
    ["3^60 paths through definitions", fanOut],
    ["100 levels of objects", chain(100, (inner) => ({ type: "object", properties: { a: inner } }))],
    ["2,000 levels of arrays", chain(2_000, (items) => ({ type: "array", items }))],
    ["100 levels of choices", chain(100, (inner) => ({ anyOf: [inner, { type: "array", items: { type: "null" } }] }))],
    [
      "20,000 properties",
      {
        type: "object",
        properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`p${n}`, { type: "string" }])),
      },
    ],
    [
      "20,000 alternatives",
      { anyOf: Array.from({ length: 20_000 }, (_, n) => ({ type: "object", required: [`p${n}`] })) },
    ],
    ["20,000 values", { enum: Array.from({ length: 20_000 }, (_, n) => n) }],
  ])("it ends soon, whatever the schema: %s", (_, schema) => {
    const start = performance.now();
    const [left, right] = [typeOfSchema(schema), typeOfSchema(clone(schema))];
    expect(isSubtype(left, right).kind).not.toBe("no");
    expect(isSubtype(right, typeOfSchema({ type: "boolean" })).kind).toMatch(/no|unknown/);
    expect(describeType(left).length).toBeLessThanOrEqual(400);
    projectPath(left, ["a", "a", "a", 0, "p1"]);
    unionOf([left, right]);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

test("TYPE-13: any expressions over any schemas are checked and inferred without a throw", () => {
  fc.assert(
    fc.property(
      fc.array(expressions, { minLength: 1, maxLength: 4 }),
      wild,
      wild,
      json,
      (inputs, schema, other, metadata) => {
        const flow = {
          schemas: { input: schema, output: other, steps: { s0: other } },
          steps: inputs.map((input, index) => ({
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any text is an id
            id: `s${index}` as StepId,
            component: "/x",
            input,
            onError: { kind: "fail" } as const,
            mustExecute: false,
            ...(index === 1 && { foreach: { kind: "literal", value: metadata, quoted: true } as const }),
          })),
          output: inputs[0] ?? { kind: "literal", value: null, quoted: false },
        };
        const catalog = { find: () => ({ kind: "known", inputSchema: other, outputSchema: schema }) as const };
        const types = checkFlowTypes(flow, { catalog, strict: true });
        for (const { code, message } of types.diagnostics) {
          expect([1101, 2004, 2100, 2101, 3003]).toContain(code);
          expect(message).toMatch(/^[A-Z]/);
        }
        const described: readonly Type[] = [types.output];
        for (const type of described) expect(describeType(type)).not.toBe("");
        const { schemas: _, ...undeclared } = flow;
        inferSchemas(undeclared, checkFlowTypes(undeclared, { catalog, strict: false }));
      },
    ),
    { numRuns: 500 },
  );
});
