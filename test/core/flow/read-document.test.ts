import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DOCUMENT_BYTES, parseFlow, readDocument, validateFlow } from "../../../src/core/flow/index.ts";

const kindsOf = (text: string, format?: "yaml" | "json") =>
  readDocument(text, format && { format }).diagnostics.map(({ kind, line, column }) => `${kind} ${line}:${column}`);

/** Runs and says how long it took, in milliseconds. */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

describe("readDocument", () => {
  const yaml: readonly [text: string, value: unknown][] = [
    ["a: [0x10, 0o17, .5, 1e3, -0.0, 1_000]", { a: [16, 15, 0.5, 1000, 0, "1_000"] }],
    ["a: [2026-01-01, yes, ~, true, 'true', 0777]", { a: ["2026-01-01", "yes", null, true, "true", 777] }],
    ["200: a\ntrue: b\n~: c\n1.0: d", { "200": "a", true: "b", "~": "c", "1.0": "d" }],
    ["a: &x {b: 1}\nc: *x\nd: [*x]", { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }],
    ["<<: {a: 1}", { "<<": { a: 1 } }],
    ["a: |\n  two\n  lines\nb: >\n  one\n  line", { a: "two\nlines\n", b: "one line\n" }],
    ["", null],
    ["# only a comment", null],
    ["--- {a: 1}\n...\n", { a: 1 }],
    ["{a: 1} # comment", { a: 1 }],
    ['{ "a": [1, 2,], }', { a: [1, 2] }],
    ["\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
  ];
  test.each(yaml)("FLOW-2: YAML %j", (text, value) => {
    expect(readDocument(text, { format: "yaml" })).toMatchObject({ document: value });
  });

  test("FLOW-2: the format comes from the option, the file's name or the text", () => {
    const text = '{"a":1,}';
    expect(readDocument(text).document).toEqual({ a: 1 });
    expect(readDocument(text, { file: "flow.yml" }).document).toEqual({ a: 1 });
    expect(readDocument(text, { file: "flow.JSON" }).document).toBeUndefined();
    expect(readDocument(text, { file: "flow.JSON", format: "yaml" }).document).toEqual({ a: 1 });
    // Tabs may indent JSON, not YAML.
    expect(readDocument('{\n\t"a": 1\n}').document).toEqual({ a: 1 });
  });

  const refused: readonly [text: string, format: "yaml" | "json", findings: readonly string[]][] = [
    ["a: 1\na: 2", "yaml", ["duplicateKey 2:1"]],
    ["a: {b: 1, 'b': 2}", "yaml", ["duplicateKey 1:11"]],
    ["1: a\n'1': b", "yaml", ["duplicateKey 2:1"]],
    ['{"__proto__":1,"__proto__":2}', "json", ["duplicateKey 1:16"]],
    ["? [a]\n: b", "yaml", ["unsupportedKey 1:3"]],
    ["a: .inf", "yaml", ["unrepresentableNumber 1:4"]],
    ["a: -.INF", "yaml", ["unrepresentableNumber 1:4"]],
    ["a:\n- .nan\n- 1e999", "yaml", ["unrepresentableNumber 2:3", "unrepresentableNumber 3:3"]],
    ["[9007199254740993]", "json", ["unrepresentableNumber 1:2"]],
    ['{"\\ud800":1}', "json", ["loneSurrogate 1:2"]],
    ['a: "\\udfff"', "yaml", ["loneSurrogate 1:4"]],
    ["a: &b [*b]", "yaml", ["invalidAlias 1:8"]],
    ["a: *b", "yaml", ["invalidAlias 1:4"]],
    ["a: 1\n---\nb: 1", "yaml", ["syntaxError 2:1"]],
    ["a: [1", "yaml", ["syntaxError 1:6"]],
    ["a: 1\n\tb: 2", "yaml", ["syntaxError 2:1"]],
    ["a: 'x", "yaml", ["syntaxError 1:6"]],
    ["[1", "json", ["syntaxError 1:3"]],
  ];
  test.each(refused)("FLOW-3: %j (%s)", (text, format, findings) => {
    expect(kindsOf(text, format)).toEqual(findings);
    expect(readDocument(text, { format }).document).toBeUndefined();
  });

  test("FLOW-3: keys that JavaScript reorders are a warning, ordered ones are not", () => {
    expect(kindsOf("{b: 1, 2: 1}")).toEqual(["reorderedKeys 1:2"]);
    expect(kindsOf('{"b": 1, "2": 1}', "json")).toEqual(["reorderedKeys 1:2"]);
    expect(kindsOf("{1: 1, 2: 1, b: 1, -1: 1, 01: 1}")).toEqual([]);
  });

  test("FLOW-4: aliases that multiply are refused before they cost anything", () => {
    const bomb = [
      "a0: &a0 [x, x, x, x, x, x, x, x, x]",
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
    ];
    const strings = `a: &a "${"x".repeat(1_000_000)}"\nb: [${"*a,".repeat(10_000)}]`;
    const nested = ["a0: &a0 [x]", ...Array.from({ length: 200 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`)].join(
      "\n",
    );
    expect(timed(() => expect(kindsOf(bomb.join("\n"))[0]).toMatch(/^invalidAlias/))).toBeLessThan(5000);
    expect(timed(() => expect(kindsOf(strings)[0]).toMatch(/^invalidAlias/))).toBeLessThan(5000);
    expect(timed(() => expect(kindsOf(nested)[0]).toMatch(/^nestingTooDeep/))).toBeLessThan(5000);
  });

  test("FLOW-4: depth", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const nested = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;
      for (const format of ["yaml", "json"] as const) {
        expect(kindsOf(nested(128), format)).toEqual([]);
        expect(kindsOf(nested(129), format)[0]).toMatch(/^nestingTooDeep 1:/);
        expect(kindsOf(nested(5000), format)[0]).toMatch(/^nestingTooDeep 1:/);
        expect(kindsOf(open.repeat(5000), format)[0]).toMatch(/^(nestingTooDeep|syntaxError) 1:/);
      }
    }
    expect(kindsOf(Array.from({ length: 300 }, (_, level) => `${" ".repeat(level)}a:`).join("\n"))[0]).toMatch(
      /^nestingTooDeep/,
    );
  });

  test("FLOW-4: size, at once and in linear time", () => {
    expect(kindsOf("x".repeat(MAX_DOCUMENT_BYTES + 1))).toEqual(["documentTooLarge 1:1"]);
    expect(kindsOf("é".repeat(MAX_DOCUMENT_BYTES / 2 + 1), "yaml")).toEqual(["documentTooLarge 1:1"]);
    expect(kindsOf(`[${"1,".repeat(600_000)}]`, "yaml")).toEqual(["documentTooLarge 1:1"]);
    expect(kindsOf(JSON.stringify({ a: "x".repeat(1_000_000) }))).toEqual([]);
    expect(kindsOf(Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join("\n"))).toEqual([]);
  });

  test("FLOW-2, FLOW-3: any text gives a document or positioned findings", () => {
    const pieces = fc.constantFrom(
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      ",",
      '"',
      "'",
      "&x ",
      "*x",
      "!!int ",
      "|",
      ">",
      "#",
      "---\n",
      "? ",
      "%",
      "@",
      "\t",
      "1",
      "~",
      "<<",
      "\\u",
      "é",
    );
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary", maxLength: 40 }),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom("yaml" as const, "json" as const), (text, format) => {
        const { document, diagnostics } = readDocument(text, { format });
        expect(document === undefined).toBe(diagnostics.some(({ level }) => level === "fatal"));
        for (const { line = 0, column = 0 } of diagnostics) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
        }
        const parsed = parseFlow(text, { format });
        if (parsed.flow) validateFlow(parsed.flow);
      }),
      { numRuns: 1500 },
    );
  });
});
