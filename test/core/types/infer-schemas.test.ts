import { describe, expect, test } from "vitest";
import { parseFlow } from "../../../src/core/flow/index.ts";
import { checkFlowTypes, inferSchemas } from "../../../src/core/types/index.ts";
import { flowCatalog } from "./flow-catalog.ts";

const components = `
metadata:
  components:
    /t/text:
      input: { type: object, properties: { text: { type: string, description: What to read }, n: { type: integer }, list: { type: array, items: { type: string } } } }
      output: { type: object, properties: { text: { type: string } } }
    /t/number: { input: { type: object, properties: { text: { type: number } } }, output: { type: number } }
    /t/node: { output: { type: object, properties: { child: { $ref: "#/$defs/node" } }, $defs: { node: { type: object, properties: { next: { $ref: "#/$defs/node" } } } } } }
    /t/odd: { output: { type: object, properties: { child: { $ref: "#/$defs/node" } }, $defs: { node: { type: string } } } }
    /t/untyped: {}
`;

function infer(text: string) {
  const { flow, diagnostics } = parseFlow(`${text}${components}`);
  if (flow === undefined) throw new Error(JSON.stringify(diagnostics));
  const inferred = inferSchemas(flow, checkFlowTypes(flow, { catalog: flowCatalog(flow), strict: false }));
  return { ...inferred, steps: Object.fromEntries(inferred.steps) };
}

describe("TYPE-14: what is filled in", () => {
  test("results of steps whose component says what they are, and the output", () => {
    const flow = `
steps:
  - { id: a, component: /t/text }
  - { id: b, component: /t/untyped }
  - { id: each, component: /t/number, foreach: [1, 2], onError: { action: skip } }
output: { text: { $step: a, path: $.text }, other: { $step: b }, fixed: [1, x, { deep: true }], all: { $step: each } }
`;
    expect(infer(flow)).toEqual({
      steps: {
        a: { type: "object", properties: { text: { type: "string" } } },
        each: { type: "array", items: { anyOf: [{ type: "number" }, { type: "null" }] } },
      },
      output: {
        type: "object",
        properties: {
          text: { type: "string" },
          other: {},
          fixed: {
            type: "array",
            items: {
              anyOf: [
                { type: "integer" },
                { type: "string" },
                { type: "object", properties: { deep: { type: "boolean" } }, required: ["deep"] },
              ],
            },
          },
          all: { type: "array", items: { anyOf: [{ type: "number" }, { type: "null" }] } },
        },
        required: ["text", "other", "fixed", "all"],
      },
      conflicts: [],
    });
  });

  test("nothing that is declared, and nothing that is not known", () => {
    const flow = `
schemas: { properties: { input: {}, output: { type: string }, steps: { properties: { a: { type: string } } } } }
steps: [{ id: a, component: /t/text, input: { text: { $input: x } } }, { id: b, component: /t/untyped }]
output: { $step: b }
`;
    expect(infer(flow)).toEqual({ steps: {}, conflicts: [] });
  });

  test("definitions come along with what refers to them", () => {
    const { output } = infer("steps: [{ id: n, component: /t/node }]\noutput: { $step: n, path: $.child }\n");
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    expect(output).toEqual({ $ref: "#/$defs/node", $defs: { node } });
  });

  test("where two definitions have one name, the second is left open", () => {
    const { output } = infer(
      "steps: [{ id: n, component: /t/node }, { id: o, component: /t/odd }]\noutput: [{ $step: n }, { o: { $step: o } }]\n",
    );
    expect(JSON.stringify(output)).toContain('"o":{}');
  });
});

describe("TYPE-15: the input, from its use", () => {
  test("every path, with what the component expects there", () => {
    const { input } = infer(`
steps:
  - { id: a, component: /t/text, input: { text: { $input: $.doc.body }, n: { $input: "$.counts[2]" }, list: [{ $input: $.first }, fixed] } }
output: [{ $step: a }, { $input: $.doc.title }, { $template: "{{ $.input.greeting }}" }]
`);
    expect(input).toEqual({
      type: "object",
      properties: {
        doc: {
          type: "object",
          properties: { body: { type: "string", description: "What to read" }, title: {} },
          required: ["body", "title"],
        },
        counts: { type: "array", items: { type: "integer" } },
        first: { type: "string" },
        greeting: {},
      },
      required: ["doc", "counts", "first", "greeting"],
    });
  });

  test("only what is looked at whatever branch is taken is required", () => {
    const { input } = infer(`
steps:
  - { id: a, component: /t/text, skip: { $input: quiet }, input: { text: { $if: { $input: long }, then: { $input: full }, else: { $input: brief } } } }
output: [{ $step: a, onSkip: { action: useDefault, defaultValue: { $input: instead } } }, { $coalesce: [{ $input: one }, { $input: two }] }, { $variable: v, default: { $input: three } }]
`);
    expect(input).toMatchObject({
      properties: { full: { type: "string" }, brief: { type: "string" } },
      required: ["one"],
    });
    expect(Object.keys((input as { properties: object }).properties)).toEqual([
      "quiet",
      "long",
      "full",
      "brief",
      "instead",
      "one",
      "two",
      "three",
    ]);
  });

  test("the elements of a foreach over the input", () => {
    const { input } = infer(`
steps:
  - { id: a, component: /t/text, foreach: { $input: $.articles }, input: { text: { $item: $.body.text } } }
  - { id: b, component: /t/number, foreach: { $input: $.numbers }, input: { text: { $item: $ } } }
output: [{ $step: a }, { $step: b }]
`);
    expect(input).toMatchObject({
      properties: {
        articles: { type: "array", items: { properties: { body: { properties: { text: { type: "string" } } } } } },
        numbers: { type: "array", items: { type: "number" } },
      },
      required: ["articles", "numbers"],
    });
  });

  test("the whole input, passed on", () => {
    const { input } = infer("steps: [{ id: a, component: /t/number, input: { $input: $ } }]\noutput: { $step: a }\n");
    expect(input).toEqual({ type: "object", properties: { text: { type: "number" } } });
    expect(infer("output: { $input: $ }\n").input).toEqual({});
    expect(infer("output: 1\n").input).toBeUndefined();
  });

  test("expectations that exclude each other are told, and leave it open", () => {
    const { input, conflicts } = infer(`
steps:
  - { id: a, component: /t/text, input: { text: { $input: x } } }
  - { id: b, component: /t/number, input: { text: { $input: x } } }
output: [{ $step: a }, { $step: b }]
`);
    expect(input).toEqual({ type: "object", properties: { x: {} }, required: ["x"] });
    expect(conflicts).toEqual(["$.x is expected to be string and number"]);
  });
});
