import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isExactNumber } from "../../src/protocol/exact-number.ts";
import { parseJson } from "../../src/protocol/parse-json.ts";
import { scanJson } from "../../src/protocol/scan-json.ts";

describe("parseJson", () => {
  const syntax: readonly [text: string, line: number, column: number, message: RegExp][] = [
    ["", 1, 1, /ends where a value/],
    ["{", 1, 2, /key in double quotes/],
    ['{"a":1,}', 1, 8, /another key/],
    ['{"a" 1}', 1, 6, /':' after the key/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /',' or '}'/],
    ["[1 2]", 1, 4, /',' or ']'/],
    ["[1,]", 1, 4, /Expected a value/],
    ["01", 1, 2, /end of the text/],
    ["nul", 1, 1, /Expected a value/],
    ["NaN", 1, 1, /Expected a value/],
    ["'a'", 1, 1, /Expected a value/],
    ['"a', 1, 1, /not closed/],
    ['"a\nb"', 1, 3, /control character/],
    ['"\\x"', 1, 2, /escape/],
    ["{} x", 1, 4, /end of the text/],
  ];
  test.each(syntax)("FLOW-2: %j is refused at line %d, column %d", (text, line, column, message) => {
    expect(parseJson(text)).toEqual({ kind: "invalid", line, column, message: expect.stringMatching(message) });
  });

  const numbers: readonly [source: string, isExact: boolean][] = [
    ["0.1", true],
    ["1.0", true],
    ["-0", true],
    ["1E5", true],
    ["9007199254740992", true],
    ["9007199254740993", false],
    ["-9007199254740993", false],
    ["9007199254740994", true],
    ["100000000000000000000000", true],
    ["123456789012345678901", false],
    ["0.10000000000000001", true],
    ["0.1000000000000000055511151231257827", true],
    ["3.14159265358979323846", false],
    ["1.7976931348623157e308", true],
    ["1e309", false],
    ["-1e999", false],
    ["5e-324", true],
    ["1e-999", false],
    ["0e999", true],
    [`0.${"1".repeat(200)}`, false],
  ];
  test.each(numbers)("FLOW-3: %s is held exactly: %s", (source, isExact) => {
    expect(isExactNumber(source)).toBe(isExact);
    expect(parseJson(`{"a":\n [${source}]}`)).toMatchObject(
      isExact ? { kind: "json" } : { kind: "invalid", line: 2, column: 3 },
    );
  });

  test("FLOW-3: digits inside strings are no numbers", () => {
    expect(parseJson('["9007199254740993", "\\"9007199254740993"]')).toEqual({
      kind: "json",
      json: ["9007199254740993", '"9007199254740993'],
    });
  });

  test("FLOW-3: half surrogate pairs are refused, or let through on request", () => {
    expect(parseJson('{"a":"\\ud83d\\ude00 \\\\ud800"}')).toMatchObject({ kind: "json" });
    expect(parseJson('["\\ud800"]')).toMatchObject({ kind: "invalid", line: 1, column: 2 });
    expect(parseJson('{"\\udc00":1}')).toMatchObject({ kind: "invalid", line: 1, column: 2 });
    expect(parseJson('["\ud800"]')).toMatchObject({ kind: "invalid" });
    expect(parseJson('["\\ud800"]', { wellFormed: false })).toEqual({ kind: "json", json: ["\ud800"] });
  });

  test("FLOW-4: depth is bounded at any size", () => {
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(parseJson(nested(128)).kind).toBe("json");
    expect(parseJson(nested(129))).toMatchObject({
      kind: "invalid",
      column: 129,
      message: "Nested more than 128 levels deep",
    });
    expect(parseJson(nested(1_000_000))).toMatchObject({ kind: "invalid" });
    expect(parseJson("[".repeat(1_000_000))).toMatchObject({ kind: "invalid" });
    expect(parseJson('{"a":'.repeat(200_000))).toMatchObject({ kind: "invalid" });
  });

  test("FLOW-6: `__proto__` stays a key", () => {
    const parsed = parseJson('{"__proto__":{"a":1}}');
    expect(JSON.stringify(parsed.kind === "json" && parsed.json)).toBe('{"__proto__":{"a":1}}');
  });

  test("FLOW-3: what JSON.stringify writes is read back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
        const text = JSON.stringify(json);
        expect(parseJson(text, { wellFormed: false })).toEqual({ kind: "json", json: JSON.parse(text) });
      }),
      { numRuns: 1000 },
    );
  });

  test("FLOW-2: the scanner and JSON.parse agree on what is JSON", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      "1",
      "-",
      "0",
      ".5",
      "e3",
      "true",
      "null",
      " ",
      "\n",
      '"',
      "\\u12",
      "x",
    );
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.json().map((text) => text),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const error = scanJson(text, {});
        expect(error === undefined).toBe(isJson);
        expect(error === undefined || (error.offset >= 0 && error.offset <= text.length)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
