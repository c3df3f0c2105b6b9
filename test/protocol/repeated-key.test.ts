import { expect, it } from "vitest";
import { parseJson } from "../../src/protocol/parse-json.ts";

const unique = { uniqueKeys: true };

it("refuses a key that is given twice in one object, with its place", () => {
  expect(parseJson('{"a": [{"b": 1,\n"c": 2, "b": 3}]}', unique)).toEqual({
    kind: "invalid",
    message: "The key 'b' is given twice in one object",
    line: 2,
    column: 9,
  });
  expect(parseJson('{"a": 1, "\\u0061": 2}', unique)).toMatchObject({ kind: "invalid" });
  expect(parseJson('{"__proto__": 1, "__proto__": 2}', unique)).toMatchObject({ kind: "invalid" });
});

it("takes the same key in different objects, and texts that look like keys", () => {
  const text = '[{"a": {"a": "x\\": y"}}, {"a": "{\\"a\\": 1, \\"a\\": 2}"}]';
  expect(parseJson(text, unique)).toEqual({ kind: "json", json: JSON.parse(text) });
});

it("leaves repeated keys alone unless asked", () => {
  expect(parseJson('{"a": 1, "a": 2}')).toEqual({ kind: "json", json: { a: 2 } });
});
