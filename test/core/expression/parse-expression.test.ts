/* oxlint-disable unicorn/no-thenable -- `then` is a key of the flow language; nothing here is awaited */
import { describe, expect, test } from "vitest";
import { parseExpression, serializeExpression } from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";

const at = ["steps", 0, "input"];
const useDefault = (defaultValue: Json): Json => ({ action: "useDefault", defaultValue });

describe("parseExpression", () => {
  const dialects: readonly [source: Json, modern: Json][] = [
    [{ $from: { workflow: "input" } }, { $input: "$" }],
    [{ $from: { workflow: "input" }, path: "x" }, { $input: "$.x" }],
    [{ $from: { workflow: "input" }, path: "$.x[0]" }, { $input: "$.x[0]" }],
    [{ $from: { step: "s" } }, { $step: "s" }],
    [
      { $from: { step: "s" }, path: "x" },
      { $step: "s", path: "$.x" },
    ],
    [
      { $from: { variable: "v", default: 1 }, path: "x" },
      { $variable: "$.v.x", default: 1 },
    ],
    [{ $from: { step: "s" }, onSkip: { action: "skip" } }, { $step: "s" }],
    [
      { $from: { step: "s" }, onSkip: { action: "useDefault" } },
      { $step: "s", onSkip: useDefault(null) },
    ],
    [
      { $from: { step: "s" }, onSkip: { action: "useDefault", defaultValue: 3 } },
      { $step: "s", onSkip: useDefault(3) },
    ],
    [
      { $from: { step: "s" }, on_skip: { action: "use_default", default_value: 3 } },
      { $step: "s", onSkip: useDefault(3) },
    ],
    [
      { $from: { step: "s" }, on_skip: "use_default", default: { $input: "a" } },
      { $step: "s", onSkip: useDefault({ $input: "$.a" }) },
    ],
    [{ $from: { step: "s" }, on_skip: "skip" }, { $step: "s" }],
    [
      { $step: "s", onSkip: "useDefault", defaultValue: "x" },
      { $step: "s", onSkip: useDefault("x") },
    ],
    [{ $step: "s", path: null }, { $step: "s" }],
    [
      { $step: "s", path: ["a.b", 0] },
      { $step: "s", path: '$["a.b"][0]' },
    ],
    [{ $input: null }, { $input: "$" }],
    [{ $input: "" }, { $input: "$" }],
    [{ $variable: "v" }, { $variable: "$.v" }],
    [{ $item: null }, { $item: "$" }],
    [{ $index: true }, { $index: true }],
    [{ $literal: { $from: 1 } }, { $literal: { $from: 1 } }],
    [
      { $if: { $input: "a" }, then: { $step: "s" }, else: null },
      { $if: { $input: "$.a" }, then: { $step: "s" }, else: null },
    ],
    [
      { $unknown: 1, $$step: 2 },
      { $unknown: 1, $$step: 2 },
    ],
  ];
  test.each(dialects)("FLOW-1, EXPR-5: %j is %j", (source, modern) => {
    const { expression, problems } = parseExpression(source, { at });
    expect(problems.filter(({ level }) => level !== "info")).toEqual([]);
    expect(serializeExpression(expression)).toEqual(modern);
    expect(parseExpression(modern, { at })).toEqual({ expression, problems: [] });
  });

  test("FLOW-1: an older form says where it is and how it is written today", () => {
    const source = { a: { $from: { step: "s" }, path: "x", on_skip: "use_default", default: 1 } };
    expect(parseExpression(source, { at }).problems).toEqual([
      {
        code: 9030,
        kind: "olderForm",
        level: "info",
        message: "'on_skip' is written in an older form",
        path: "$.steps[0].input.a.on_skip",
        hint: "Write onSkip: { action: useDefault, defaultValue: <value> }.",
      },
      {
        code: 9030,
        kind: "olderForm",
        level: "info",
        message: "$from is the older form of a reference",
        path: "$.steps[0].input.a",
        hint: 'Write {"$step":"s","path":"$.x","onSkip":{"action":"useDefault","defaultValue":1}}.',
      },
    ]);
  });

  const precedence = [
    "$literal",
    "$if",
    "$coalesce",
    "$from",
    "$step",
    "$input",
    "$variable",
    "$item",
    "$index",
    "$template",
  ];
  const contents: Readonly<Record<string, Json>> = {
    $literal: 1,
    $if: true,
    $coalesce: [],
    $from: { step: "s" },
    $step: "s",
    $input: "i",
    $variable: "v",
    $item: "i",
    $index: true,
    $template: "t",
  };
  test.each(precedence.slice(0, -1).map((key, index): [string, string] => [key, precedence[index + 1] ?? ""]))(
    "EXPR-5: %s counts before %s",
    (first, second) => {
      // `then` belongs to $if alone; the order of the source does not matter.
      const source = Object.fromEntries([
        [second, contents[second]!],
        ["then", 1],
        [first, contents[first]!],
      ]);
      const alone = first === "$if" ? { $if: true, then: 1 } : { [first]: contents[first]! };
      const { expression, problems } = parseExpression(source, { at });
      expect(expression).toEqual(parseExpression(alone, { at }).expression);
      expect(problems).toContainEqual(
        expect.objectContaining({ kind: "ignoredKey", path: `$.steps[0].input.${second}` }),
      );
    },
  );

  const refused: readonly [source: Json, kind: string, path: string, message: string][] = [
    [{ $if: 1 }, "invalidExpression", "$.steps[0].input", "$if requires 'then'"],
    [{ $coalesce: 1 }, "invalidExpression", "$.steps[0].input.$coalesce", "$coalesce must be an array"],
    [{ a: [{ $step: 1 }] }, "invalidExpression", "$.steps[0].input.a[0].$step", "$step must be a string"],
    [
      { $from: "input" },
      "invalidExpression",
      "$.steps[0].input.$from",
      "$from must be an object that names a step or the workflow's input",
    ],
    [
      { $from: { workflow: "output" } },
      "invalidExpression",
      "$.steps[0].input.$from",
      "$from must be an object that names a step or the workflow's input",
    ],
    [{ $input: 1 }, "invalidPath", "$.steps[0].input.$input", "A path must be a string"],
    [{ $input: "$[x" }, "invalidPath", "$.steps[0].input.$input", "Unclosed bracket '[' in path"],
    [{ $step: "s", path: [-1] }, "invalidPath", "$.steps[0].input.path", "A path must be a string"],
    [{ $index: 0 }, "invalidExpression", "$.steps[0].input.$index", "$index must be true"],
    [{ $template: 1 }, "invalidExpression", "$.steps[0].input.$template", "$template must be a string"],
    [{ $template: "a {{ b" }, "invalidExpression", "$.steps[0].input.$template", "A '{{' in the template has no '}}'"],
    [
      { $template: "{{ a + b }}" },
      "invalidExpression",
      "$.steps[0].input.$template",
      "{{ a + b }} is not a path that a template can use",
    ],
    [
      { $template: "{{ $.stepz.a }}" },
      "invalidExpression",
      "$.steps[0].input.$template",
      "{{ $.stepz.a }} is not a path that a template can use",
    ],
    [
      { $template: "{{ $.steps }}" },
      "invalidExpression",
      "$.steps[0].input.$template",
      "{{ $.steps }} is not a path that a template can use",
    ],
    [
      { $template: "{{ $.index.x }}" },
      "invalidExpression",
      "$.steps[0].input.$template",
      "{{ $.index.x }} is not a path that a template can use",
    ],
    [
      { $template: "{{ $[a] }}" },
      "invalidPath",
      "$.steps[0].input.$template",
      "Invalid index 'a' in JSON path. Expected a number or a quoted string.",
    ],
    [
      { $step: "s", onSkip: "explode" },
      "invalidExpression",
      "$.steps[0].input.onSkip",
      "'onSkip' has no action that is known",
    ],
  ];
  test.each(refused)("EXPR-5: %j is refused", (source, kind, path, message) => {
    const { problems } = parseExpression(source, { at });
    expect(problems).toEqual([
      expect.objectContaining({ level: "fatal", kind, path, message, hint: expect.stringMatching(/.{10}/) }),
    ]);
  });

  test("FLOW-5: keys beside an expression are named, with the likely meaning", () => {
    const { expression, problems } = parseExpression({ $step: "s", pth: "x" }, { at });
    expect(serializeExpression(expression)).toEqual({ $step: "s" });
    expect(problems).toEqual([
      expect.objectContaining({
        level: "warning",
        kind: "ignoredKey",
        path: "$.steps[0].input.pth",
        hint: "Did you mean 'path'?",
      }),
    ]);
  });

  test("EXPR-2: a bare name that looks like a path is a warning", () => {
    expect(parseExpression({ $input: "a.b" }, { at }).problems).toEqual([
      expect.objectContaining({ level: "warning", kind: "bareNamePath", hint: expect.stringContaining('"$.a.b"') }),
    ]);
  });

  test("EXPR-21: the limit of depth counts from the document's root", () => {
    const nested = (levels: number): Json => {
      let value: Json = 1;
      for (let level = 0; level < levels; level++) value = [value];
      return value;
    };
    expect(parseExpression(nested(125), { at }).problems).toEqual([]);
    expect(parseExpression(nested(126), { at }).problems).toEqual([
      expect.objectContaining({ kind: "nestingTooDeep", level: "fatal" }),
    ]);
    expect(parseExpression({ $literal: nested(125) }, { at }).problems).toEqual([
      expect.objectContaining({ kind: "nestingTooDeep" }),
    ]);
    expect(parseExpression(nested(10_000), { at }).problems).toHaveLength(1);
  });

  describe("FLOW-15: the older form of a foreach", () => {
    const foreach = parseExpression({ $input: "tasks" }, { at }).expression;
    const ofStep = parseExpression({ $step: "s", path: "$.a.b" }, { at }).expression;
    const table: readonly [Json, typeof foreach, Json][] = [
      [{ $from: { workflow: "input" }, path: "tasks[*].id" }, foreach, { $item: "$.id" }],
      [{ $from: { workflow: "input" }, path: "$.tasks[*].id" }, foreach, { $item: "$.id" }],
      [{ $input: "tasks[*]" }, foreach, { $item: "$" }],
      [{ $input: "$.tasks[*][0].x" }, foreach, { $item: "$[0].x" }],
      [{ $step: "s", path: "$.a.b[*].q" }, ofStep, { $item: "$.q" }],
      [{ $from: { step: "s" }, path: "$.a.b[*].q" }, ofStep, { $item: "$.q" }],
      // Another source, or none: an ordinary key of that name.
      [{ $input: "others[*].id" }, foreach, { $input: '$["others[*].id"]' }],
      [{ $step: "t", path: "a[*].q" }, ofStep, { $step: "t", path: '$["a[*].q"]' }],
    ];
    test.each(table)("%j", (source, around, modern) => {
      expect(serializeExpression(parseExpression(source, { at, foreach: around }).expression)).toEqual(modern);
    });
  });
});
