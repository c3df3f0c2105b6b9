import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPath, type Path, parsePath, serializePath, valueAt } from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { segments } from "./arbitraries.ts";

describe("parsePath", () => {
  const paths: readonly [rule: string, text: string | null | undefined, path: Path][] = [
    ["EXPR-1", undefined, []],
    ["EXPR-1", null, []],
    ["EXPR-1", "", []],
    ["EXPR-1", "$", []],
    ["EXPR-2", "a", ["a"]],
    ["EXPR-2", "a.b", ["a.b"]],
    ["EXPR-2", "a[0]", ["a[0]"]],
    ["EXPR-2", "tasks[*].id", ["tasks[*].id"]],
    ["EXPR-2", "__proto__", ["__proto__"]],
    ["EXPR-3", "$.a", ["a"]],
    ["EXPR-3", "$.a.b", ["a", "b"]],
    ["EXPR-3", "$..a", ["a"]],
    ["EXPR-3", "$.", []],
    ["EXPR-3", "$.a[0]", ["a", 0]],
    ["EXPR-3", "$[12][3]", [12, 3]],
    ["EXPR-3", '$["a.b"]', ["a.b"]],
    ["EXPR-3", "$['a.b']", ["a.b"]],
    ["EXPR-3", '$["a]b"]', ["a]b"]],
    ["EXPR-3", '$[""]', [""]],
    ["EXPR-3", '$["0"]', ["0"]],
    ["EXPR-3", "$.a b.c", ["a b", "c"]],
    ["EXPR-3", " $.a ", ["a"]],
  ];
  test.each(paths)("%s: %j", (_rule, text, path) => {
    expect(parsePath(text)).toEqual({ kind: "path", path });
  });

  const expectedPart = "Expected a number or a quoted string.";
  const invalid: readonly [text: string, message: string][] = [
    ["$[0", "Unclosed bracket '[' in path"],
    ['$["a', "Unclosed bracket '[' in path"],
    ["$[x]", `Invalid index 'x' in JSON path. ${expectedPart}`],
    ["$[*]", `Invalid index '*' in JSON path. ${expectedPart}`],
    ["$[-1]", `Invalid index '-1' in JSON path. ${expectedPart}`],
    ["$[]", `Invalid index '' in JSON path. ${expectedPart}`],
    ["$[1.5]", `Invalid index '1.5' in JSON path. ${expectedPart}`],
    ["$[99999999999999999999]", `Invalid index '99999999999999999999' in JSON path. ${expectedPart}`],
    ["$[0]a", "Invalid character 'a' in JSON path after $ or ']'. Expected '.' or '['."],
    ["$a", "Invalid character 'a' in JSON path after $ or ']'. Expected '.' or '['."],
    ["$😀", "Invalid character '😀' in JSON path after $ or ']'. Expected '.' or '['."],
  ];
  test.each(invalid)("EXPR-3: %s is refused", (text, message) => {
    expect(parsePath(text)).toEqual({ kind: "invalid", message });
  });

  test("EXPR-3: any text gives a path or a message", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("$", ".", "[", "]", '"', "'", "a", "0") })),
        (text) => {
          const parsed = parsePath(text);
          expect(parsed.kind === "path" ? Array.isArray(parsed.path) : parsed.message.length > 0).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("EXPR-3: a megabyte of segments reads in linear time", () => {
    expect(parsePath(`$${".a".repeat(500_000)}`)).toMatchObject({ kind: "path", path: { length: 500_000 } });
    expect(parsePath(`$${"[".repeat(1_000_000)}`)).toMatchObject({ kind: "invalid" });
  });
});

describe("formatPath and serializePath", () => {
  const texts: readonly [Path, string][] = [
    [[], "$"],
    [["a", 0, "b"], "$.a[0].b"],
    [["a.b"], '$["a.b"]'],
    [["0"], "$.0"],
    [[""], '$[""]'],
    [[" a"], '$[" a"]'],
    [['x"]'], "$['x\"]']"],
  ];
  test.each(texts)("EXPR-4: %j is %s", (path, text) => {
    expect(formatPath(path)).toBe(text);
    expect(parsePath(text)).toEqual({ kind: "path", path });
  });

  test("EXPR-4: what no text can say is a list", () => {
    expect(serializePath([`"]']`, 0])).toEqual([`"]']`, 0]);
  });

  test("EXPR-4: every path is written back without loss", () => {
    fc.assert(
      fc.property(fc.array(segments), (path) => {
        const written = serializePath(path);
        const read = typeof written === "string" ? parsePath(written) : { kind: "path", path: written };
        expect(read).toEqual({ kind: "path", path });
      }),
      { numRuns: 2000 },
    );
  });
});

describe("valueAt", () => {
  const document: Json = JSON.parse('{"a":[{"b":null}],"":1,"__proto__":2}');
  const found: readonly [Path, Json | undefined][] = [
    [[], document],
    [["a", 0, "b"], null],
    [["a", 0, "b", "c"], undefined],
    [["a", 1], undefined],
    [["a", "0"], undefined],
    [["a", "length"], undefined],
    [[0], undefined],
    [[""], 1],
    [["__proto__"], 2],
    [["constructor"], undefined],
    [["toString"], undefined],
  ];
  test.each(found)("EXPR-3, FLOW-6: %j", (path, expected) => {
    expect(valueAt(document, path)).toEqual(expected);
  });
});
