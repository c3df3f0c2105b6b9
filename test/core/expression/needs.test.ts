/* oxlint-disable unicorn/no-thenable -- `then` is a key of the flow language; nothing here is awaited */
import { describe, expect, test } from "vitest";
import { isLazy, needs, parseExpression, referencedSteps } from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { failed, mapScope, PENDING, type ScopeContent, SKIPPED, stored, success } from "./map-scope.ts";

const read = (source: Json) => parseExpression(source, { at: ["output"] }).expression;
const step = (id: string): Json => ({ $step: id });

const content: ScopeContent = {
  input: { yes: true, no: null },
  variables: { v: { deep: 1 } },
  steps: {
    p: PENDING,
    q: PENDING,
    r: PENDING,
    yes: success("x"),
    no: success(false),
    empty: success(null),
    bad: failed("broken"),
    gone: SKIPPED,
    big: stored("b1", null),
    big2: stored("b2", null),
  },
};
const onSkip = (fallback: Json): Json => ({ action: "useDefault", defaultValue: fallback });

const table: readonly [rule: string, source: Json, steps: readonly string[]][] = [
  ["EXPR-14", 1, []],
  ["EXPR-14", step("yes"), []],
  ["EXPR-14", step("p"), ["p"]],
  ["EXPR-14", step("nobody"), []],
  ["EXPR-14", [step("p"), { a: step("q"), b: step("yes") }], ["p", "q"]],
  ["EXPR-14", { $literal: step("p") }, []],
  ["EXPR-14", { $template: "{{ $.steps.p.x }}{{ $.steps.q }}" }, ["p", "q"]],
  ["EXPR-15", { $if: step("p"), then: step("q"), else: step("r") }, ["p"]],
  ["EXPR-15", { $if: [step("p"), step("q")], then: step("r") }, ["p", "q"]],
  ["EXPR-15", { $if: step("yes"), then: step("q"), else: step("r") }, ["q"]],
  ["EXPR-15", { $if: step("no"), then: step("q"), else: step("r") }, ["r"]],
  ["EXPR-15", { $if: step("bad"), then: step("q"), else: step("r") }, ["r"]],
  ["EXPR-15", { $if: step("gone"), then: step("q"), else: step("r") }, ["r"]],
  ["EXPR-15", { $if: step("no"), then: step("q") }, []],
  ["EXPR-15", { $if: { $input: "yes" }, then: step("q"), else: step("r") }, ["q"]],
  ["EXPR-15", { $if: { $input: "nowhere" }, then: step("q"), else: step("r") }, ["r"]],
  ["EXPR-15", [step("p"), { $if: step("p"), then: step("q"), else: step("r") }], ["p"]],
  ["EXPR-15", { $if: { $if: step("yes"), then: step("p") }, then: step("q") }, ["p"]],
  ["EXPR-16", { $coalesce: [step("p"), step("q")] }, ["p"]],
  ["EXPR-16", { $coalesce: [step("empty"), step("q"), step("r")] }, ["q"]],
  ["EXPR-16", { $coalesce: [step("gone"), step("q")] }, ["q"]],
  ["EXPR-16", { $coalesce: [step("yes"), step("q")] }, []],
  ["EXPR-16", { $coalesce: [step("no"), step("q")] }, []],
  ["EXPR-16", { $coalesce: [step("bad"), step("q")] }, []],
  ["EXPR-16", { $coalesce: [null, step("q")] }, ["q"]],
  ["EXPR-16", { $coalesce: [1, step("q")] }, []],
  ["EXPR-16", { $coalesce: [[step("p"), step("q")], step("r")] }, ["p", "q"]],
  ["EXPR-17", { $variable: "v", default: step("p") }, []],
  ["EXPR-17", { $variable: "$.v.deep", default: step("p") }, []],
  ["EXPR-17", { $variable: "$.v.other", default: step("p") }, ["p"]],
  ["EXPR-17", { $variable: "w", default: step("p") }, ["p"]],
  ["EXPR-17", { $step: "p", onSkip: onSkip(step("q")) }, ["p"]],
  ["EXPR-17", { $step: "yes", onSkip: onSkip(step("q")) }, []],
  ["EXPR-17", { $step: "bad", onSkip: onSkip(step("q")) }, []],
  ["EXPR-17", { $step: "gone", onSkip: onSkip(step("q")) }, ["q"]],
];

describe("needs", () => {
  test.each(table)("%s: %j", (_rule, source, steps) => {
    expect(needs(read(source), mapScope(content))).toEqual({ kind: "steps", steps: new Set(steps) });
  });

  const unread: readonly Json[] = [
    step("yes"),
    [step("yes"), step("p")],
    { $if: step("yes"), then: 1, else: 2 },
    { $coalesce: [step("yes"), 1] },
    { $coalesce: [step("p"), step("yes")] },
    { $step: "yes", path: "deep", onSkip: onSkip(step("q")) },
  ];
  test.each(unread)("EXPR-18: no value is read for %j", (source) => {
    const scope = mapScope(content);
    needs(read(source), scope);
    expect(scope.reads).toEqual([]);
  });

  test("EXPR-18: the blobs that decisions hang on are named all at once, and only those", () => {
    const source = read([
      { $if: step("big"), then: step("p"), else: step("q") },
      { $coalesce: [step("big2"), step("r")] },
      { $if: step("big"), then: 1 },
    ]);
    expect(needs(source, mapScope(content))).toEqual({ kind: "not_resident", blobs: ["b1", "b2"] });
    const fetched = new Set(["b1", "b2"]);
    expect(needs(source, mapScope({ ...content, fetched }))).toEqual({ kind: "steps", steps: new Set(["q", "r"]) });
  });
});

describe("isLazy and referencedSteps", () => {
  const lazy: readonly [Json, boolean, readonly string[]][] = [
    [1, false, []],
    [step("p"), false, ["p"]],
    [{ $if: step("p"), then: 1, else: 2 }, false, ["p"]],
    [{ $if: 1, then: 1, else: step("p") }, true, ["p"]],
    [{ $coalesce: [step("p"), 1] }, false, ["p"]],
    [{ $coalesce: [1, step("p")] }, true, ["p"]],
    [{ $step: "p", onSkip: onSkip(1) }, false, ["p"]],
    [{ $step: "p", onSkip: onSkip(step("q")) }, true, ["p", "q"]],
    [{ $variable: "v", default: 1 }, false, []],
    [{ $variable: "v", default: step("p") }, true, ["p"]],
    [[{ a: { $if: step("q"), then: step("p") } }], true, ["q", "p"]],
    [{ $template: "{{ $.steps.p }}" }, false, ["p"]],
  ];
  test.each(lazy)("EXPR-19: %j is lazy: %s", (source, isLate, steps) => {
    expect(isLazy(read(source))).toBe(isLate);
    expect(referencedSteps(read(source))).toEqual(new Set(steps));
  });
});
