import { describe, expect, test } from "vitest";
import { compareResults } from "../../src/cli/testing/compare-results.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { Json } from "../../src/protocol/json.ts";

const success = (result: Json): FlowResult => ({ outcome: "success", result });
const failed = (data?: Json): FlowResult => ({
  outcome: "failed",
  error: { code: "COMPONENT_FAILED", message: "no", ...(data === undefined ? {} : { data }) },
});

const cases: readonly [title: string, expected: Json | undefined, actual: FlowResult, paths: readonly string[]][] = [
  ["no expectation: success passes", undefined, success(1), []],
  ["no expectation: failure does not", undefined, failed(), ["$.outcome"]],
  ["the outcome alone", { outcome: "success" }, success({ a: 1 }), []],
  ["a failure expected without its error", { outcome: "failed" }, failed(), []],
  ["skipped", { outcome: "skipped" }, { outcome: "skipped" }, []],
  ["skipped is not success", { outcome: "skipped" }, success(null), ["$.outcome"]],
  ["more keys are fine", { outcome: "success", result: { a: 1 } }, success({ b: 2, a: 1 }), []],
  ["a missing key", { outcome: "success", result: { a: 1, b: 2 } }, success({ a: 1 }), ["$.result.b"]],
  ["a key that is null is there", { outcome: "success", result: { a: null } }, success({ a: null }), []],
  ["null is not missing", { outcome: "success", result: { a: null } }, success({}), ["$.result.a"]],
  ["arrays need the same length", { outcome: "success", result: [1] }, success([1, 2]), ["$.result"]],
  ["array elements are subsets", { outcome: "success", result: [{ a: 1 }] }, success([{ a: 1, b: 2 }]), []],
  [
    "each differing element",
    { outcome: "success", result: [1, 2, 3] },
    success([1, 0, 0]),
    ["$.result[1]", "$.result[2]"],
  ],
  ["numbers are not strings", { outcome: "success", result: "1" }, success(1), ["$.result"]],
  ["an object is not an array", { outcome: "success", result: {} }, success([]), ["$.result"]],
  [
    "run ids are alike at any depth",
    { outcome: "success", result: { x: [{ run_id: "a" }] } },
    success({ x: [{ run_id: "b" }] }),
    [],
  ],
  ["but must be there", { outcome: "success", result: { run_id: "a" } }, success({}), ["$.result.run_id"]],
  [
    "a run id that is no string is compared",
    { outcome: "success", result: { run_id: 1 } },
    success({ run_id: 2 }),
    ["$.result.run_id"],
  ],
  ["backtraces are not compared", { outcome: "success", result: { backtrace: "x", a: 1 } }, success({ a: 1 }), []],
  ["code and message", { outcome: "failed", error: { code: "TIMEOUT", message: "no" } }, failed(), ["$.error.code"]],
  [
    "data only if expected",
    { outcome: "failed", error: { code: "COMPONENT_FAILED", message: "no" } },
    failed({ a: 1 }),
    [],
  ],
  ["data as a subset", { outcome: "failed", error: { data: { a: 1 } } }, failed({ a: 1, b: 2 }), []],
  ["data that differs", { outcome: "failed", error: { data: { a: 1 } } }, failed({ a: 2 }), ["$.error.data.a"]],
  ["keys that need quotes", { outcome: "success", result: { "a.b": 1 } }, success({}), ['$.result["a.b"]']],
  [
    "keys of Object.prototype are ordinary",
    { outcome: "success", result: { constructor: 1 } },
    success({}),
    ["$.result.constructor"],
  ],
];

describe("compareResults", () => {
  test.each(cases)("%s", (_title, expected, actual, paths) => {
    expect(compareResults(expected, actual).map((difference) => difference.path)).toEqual(paths);
  });

  test("says what was expected and what came", () => {
    expect(compareResults({ outcome: "success", result: 1 }, success(2))).toEqual([
      { path: "$.result", expected: 1, actual: 2 },
    ]);
  });
});
