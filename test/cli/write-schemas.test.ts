import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { writeSchemas } from "../../src/cli/contracts/write-schemas.ts";
import { parseFlow } from "../../src/core/flow/index.ts";
import type { InferredSchemas } from "../../src/core/types/index.ts";

const text = { type: "string" };
const inferred: InferredSchemas = { input: text, output: text, steps: new Map([["a", text]]), conflicts: [] };

test("comments, order, blank lines and quoting stay; schemas come before the steps", () => {
  const flow = `# About this flow
name: 'Quoted' # and why

steps:
  # the only step
  - id: a
    component: /t/a
    input: |
      several
      lines
unknown_key: 0x10
output: { $step: a }
`;
  const written = writeSchemas(flow, {
    ...inferred,
    steps: new Map([
      ["a", text],
      ["__proto__", text],
    ]),
  });
  expect(written).toBe(`# About this flow
name: 'Quoted' # and why

schemas:
  type: object
  properties:
    input:
      type: string
    output:
      type: string
    steps:
      type: object
      properties:
        a:
          type: string
        __proto__:
          type: string

steps:
  # the only step
  - id: a
    component: /t/a
    input: |
      several
      lines
unknown_key: 0x10
output: { $step: a }
`);
});

test("what is there is kept, whatever its style; parts that are shared are written out", () => {
  const flow = `schemas: { type: object, properties: { variables: { properties: { v: { type: string } } }, steps: { properties: { b: { type: integer } } } } }
steps: [{ id: a, component: /t/a }, { id: b, component: /t/b }]
output: { $step: a }
`;
  const written = writeSchemas(flow, { ...inferred, steps: new Map([["a", { anyOf: [text, text] }]]) });
  expect(written).not.toMatch(/[&*]a1/);
  const { flow: again } = parseFlow(written);
  expect(again?.schemas).toEqual({
    input: text,
    output: text,
    variables: { properties: { v: text } },
    steps: { b: { type: "integer" }, a: { anyOf: [text, text] } },
  });
  expect(again?.steps).toEqual(parseFlow(flow).flow?.steps);
});

test("of the example flows only the schemas change", () => {
  const folder = new URL("../../flows/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  expect(names.length).toBeGreaterThanOrEqual(7);
  for (const name of names) {
    const flow = readFileSync(new URL(name, folder), "utf8");
    const written = writeSchemas(flow, { steps: new Map([["new", text]]), conflicts: [] });
    expect(written.startsWith(flow.slice(0, flow.indexOf("\nschemas:"))), name).toBe(true);
    expect(written.endsWith(flow.slice(flow.indexOf("\nsteps:"))), name).toBe(true);
    expect(parseFlow(written).flow?.schemas?.steps?.["new"], name).toEqual(text);
  }
});

test.each([
  ["an alias in the schemas", "x: &a { type: string }\nschemas: { properties: { input: *a } }\noutput: 1\n"],
  [
    "an anchor in the schemas",
    "schemas: { properties: { input: &a { type: string } } }\nmetadata: { a: *a }\noutput: 1\n",
  ],
  [
    "a flow in braces without quotes",
    "{ schemas: { properties: { input: { type: string } } }, output: 1 }\n".replace("{ s", "# c\n{ s"),
  ],
  ["nothing after the schemas", "output: 1\nschemas:\n  properties:\n    input: { type: string } # last"],
  ["no line break at the end", "steps: []\nname: x"],
])("%s: the document says the same, and more", (_, flow) => {
  const before = parseFlow(flow).flow;
  const after = parseFlow(writeSchemas(flow, { output: text, steps: new Map(), conflicts: [] })).flow;
  expect(after).toEqual({ ...before, schemas: { ...before?.schemas, output: text } });
});

test("`schemas:` without anything, and a flow without steps", () => {
  expect(parseFlow(writeSchemas("schemas:\noutput: 1\n", inferred)).flow?.schemas?.output).toEqual(text);
  expect(parseFlow(writeSchemas("output: 1\n", inferred)).flow?.schemas?.input).toEqual(text);
});

test("JSON stays JSON", () => {
  const written = writeSchemas('{"steps": [{"id": "a", "component": "/t/a"}], "output": {"$step": "a"}}', inferred);
  expect(Object.keys(JSON.parse(written))).toEqual(["schemas", "steps", "output"]);
  expect(JSON.parse(written).schemas.properties.steps.properties).toEqual({ a: text });
});

test("nothing to fill in: not a byte changes", () => {
  const flow = "{   output:   1 } # odd\n";
  expect(writeSchemas(flow, { steps: new Map(), conflicts: [] })).toBe(flow);
});
