/* oxlint-disable unicorn/no-thenable -- `then` is a key of the flow language; nothing here is awaited */
import { describe, expect, test } from "vitest";
import {
  type Evaluation,
  type Expression,
  evaluate,
  isTruthy,
  parseExpression,
} from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";
import {
  expressionFailure,
  failed,
  mapScope,
  PENDING,
  type ScopeContent,
  SKIPPED,
  stored,
  success,
  value,
} from "./map-scope.ts";

function read(source: Json): Expression {
  const { expression, problems } = parseExpression(source, { at: ["output"] });
  expect(problems.filter(({ level }) => level !== "info")).toEqual([]);
  return expression;
}
const skipped = (step: string): Evaluation => ({ kind: "skipped", step });
const missing = (...blobs: string[]) => ({ kind: "not_resident", blobs });

const content: ScopeContent = {
  input: { name: "Ada", none: null, list: [1, 2] },
  variables: { v: { deep: 1 }, nothing: null },
  steps: {
    ok: success({ text: "hi", n: 0, list: [{ x: 7 }] }),
    empty: success(null),
    no: success(false),
    bad: failed("broken"),
    worse: failed("worse"),
    gone: SKIPPED,
    later: PENDING,
    big: stored("b1", { x: "big" }),
    big2: stored("b2"),
  },
};
const broken: Evaluation = { kind: "failed", error: { code: "COMPONENT_FAILED", message: "broken" } };

const table: readonly [rule: string, source: Json, result: unknown][] = [
  ["EXPR-5", "plain", value("plain")],
  ["EXPR-5", { $literal: { $step: "x" } }, value({ $step: "x" })],
  ["EXPR-5", { b: 1, a: [{ $input: "name" }] }, value({ b: 1, a: ["Ada"] })],
  ["EXPR-7", { $step: "ok", path: "text" }, value("hi")],
  ["EXPR-7", { $step: "ok", path: "$.list[0].x" }, value(7)],
  ["EXPR-7", { $step: "ok", path: "$.p" }, expressionFailure("Path $.p not found")],
  ["EXPR-7", { $step: "ok", path: "$.list[3]" }, expressionFailure("Path $.list[3] not found")],
  ["EXPR-7", { $step: "ok", path: "$.text.x" }, expressionFailure("Path $.text.x not found")],
  ["EXPR-7", { $step: "empty", path: "$.any.thing" }, value(null)],
  ["EXPR-7", { $step: "bad", path: "x" }, broken],
  ["EXPR-7", { $step: "nobody" }, expressionFailure("Unknown step: nobody")],
  [
    "EXPR-7",
    { $step: "later" },
    { kind: "failed", error: { code: "ORCHESTRATOR_ERROR", message: "Step later not completed" } },
  ],
  ["EXPR-8", { $input: "$" }, value({ name: "Ada", none: null, list: [1, 2] })],
  ["EXPR-8", { $input: "none" }, value(null)],
  ["EXPR-8", { $input: "$.none.x" }, expressionFailure("Input path $.none.x not found")],
  ["EXPR-8", { $input: "p" }, expressionFailure("Input path $.p not found")],
  ["EXPR-9", { $variable: "$.v.deep" }, value(1)],
  ["EXPR-9", { $variable: "nothing", default: 5 }, value(null)],
  ["EXPR-9", { $variable: "w", default: { $input: "name" } }, value("Ada")],
  ["EXPR-9", { $variable: "$.v.other", default: "d" }, value("d")],
  ["EXPR-9", { $variable: "$.v.other" }, expressionFailure("Undefined variable: v")],
  ["EXPR-9", { $variable: "w" }, expressionFailure("Undefined variable: w")],
  [
    "EXPR-9",
    { $variable: "$" },
    { kind: "failed", error: { code: "ORCHESTRATOR_ERROR", message: "Variable path is empty" } },
  ],
  [
    "EXPR-9",
    { $variable: "$[0]" },
    { kind: "failed", error: { code: "ORCHESTRATOR_ERROR", message: "Variable name must be a string" } },
  ],
  ["EXPR-10", { $if: null, then: 1, else: 2 }, value(2)],
  ["EXPR-10", { $if: false, then: 1, else: 2 }, value(2)],
  ["EXPR-10", { $if: { $step: "no" }, then: 1 }, value(null)],
  ["EXPR-10", { $if: { $step: "bad" }, then: 1, else: 2 }, value(2)],
  ["EXPR-10", { $if: { $step: "gone" }, then: 1, else: 2 }, value(2)],
  ["EXPR-10", { $if: 0, then: 1, else: 2 }, value(1)],
  ["EXPR-10", { $if: "", then: 1, else: 2 }, value(1)],
  ["EXPR-10", { $if: [], then: 1, else: 2 }, value(1)],
  ["EXPR-10", { $if: {}, then: 1, else: { $step: "later" } }, value(1)],
  ["EXPR-11", [{ $step: "bad" }, { $step: "worse" }], broken],
  ["EXPR-11", { a: { $step: "gone" }, b: { $step: "bad" } }, broken],
  ["EXPR-11", [1, { $step: "gone" }], skipped("gone")],
  ["EXPR-11", [{ $step: "big" }, { $step: "bad" }, { $step: "big2" }], missing("b1")],
  ["EXPR-11", [{ $step: "bad" }, { $step: "big" }], broken],
  ["EXPR-11", [{ $step: "big" }, { $step: "gone" }, { $step: "big2" }], missing("b1", "b2")],
  ["EXPR-12", { $coalesce: [null, { $step: "empty" }, 0, 1] }, value(0)],
  ["EXPR-12", { $coalesce: [{ $step: "gone" }, "x"] }, value("x")],
  ["EXPR-12", { $coalesce: [{ $step: "bad" }, "x"] }, broken],
  ["EXPR-12", { $coalesce: ["x", { $step: "later" }] }, value("x")],
  ["EXPR-12", { $coalesce: [] }, value(null)],
  ["EXPR-12", { $coalesce: [null, { $step: "gone" }] }, value(null)],
  ["EXPR-13", { $step: "gone" }, skipped("gone")],
  ["EXPR-13", { $step: "gone", path: "x", onSkip: { action: "useDefault" } }, value(null)],
  ["EXPR-13", { $step: "gone", onSkip: { action: "useDefault", defaultValue: { $input: "name" } } }, value("Ada")],
  ["EXPR-13", { $step: "ok", path: "text", onSkip: { action: "useDefault", defaultValue: 1 } }, value("hi")],
  ["EXPR-20", { $template: "Hello {{ $.input.name }}, {{$.steps.ok.text}}!" }, value("Hello Ada, hi!")],
  ["EXPR-20", { $template: "{{ $.input.none }}|{{ $.input.list }}|{{ $.variables.v }}" }, value('|[1,2]|{"deep":1}')],
  ["EXPR-20", { $template: "\\{{ x }} {{ $.input.name }}" }, value("{{ x }} Ada")],
  ["EXPR-20", { $template: "{{ $.input.p }}" }, expressionFailure("Input path $.p not found")],
  ["EXPR-20", { $template: "{{ $.steps.gone }}" }, skipped("gone")],
  ["EXPR-20", { $template: "" }, value("")],
  ["EXPR-8", { $item: "x" }, expressionFailure("$item is used outside of a foreach")],
  ["EXPR-8", { $index: true }, expressionFailure("$index is used outside of a foreach")],
];

describe("evaluate", () => {
  test.each(table)("%s: %j", (_rule, source, result) => {
    expect(evaluate(read(source), mapScope(content))).toEqual(result);
  });

  test("EXPR-8: the element of a foreach and its index", () => {
    const scope = mapScope({ item: { id: "x" }, index: 2 });
    expect(
      evaluate(read([{ $item: "id" }, { $index: true }, { $template: "{{ $.item.id }}{{ $.index }}" }]), scope),
    ).toEqual(value(["x", 2, "x2"]));
    expect(evaluate(read({ $item: "q" }), scope)).toEqual(expressionFailure("Item path $.q not found"));
  });

  test("FLOW-6: `__proto__` is a key like any other", () => {
    const result = evaluate(read(JSON.parse('{"__proto__":{"$input":"name"}}')), mapScope(content));
    expect(JSON.stringify(result)).toBe('{"kind":"value","value":{"__proto__":"Ada"}}');
  });

  test("EXPR-10: a value is read only where it is taken", () => {
    const scope = mapScope(content);
    evaluate(read({ $if: true, then: 1, else: { $step: "ok" } }), scope);
    evaluate(read({ $coalesce: [1, { $step: "ok" }] }), scope);
    expect(scope.reads).toEqual([]);
  });

  test("EXPR-20: a text beyond the bound fails before it grows further", () => {
    const scope = mapScope({ input: "x".repeat(600_000) });
    expect(evaluate(read({ $template: "{{ $.input }}" }), scope)).toMatchObject({ kind: "value" });
    expect(evaluate(read({ $template: "{{ $.input }}".repeat(1000) }), scope)).toMatchObject({
      kind: "failed",
      error: { code: "EXPRESSION_FAILURE", message: expect.stringContaining("1048576") },
    });
  });

  test("EXPR-21: the deepest and the widest expression evaluate", () => {
    let deep: Json = { $input: "name" };
    for (let level = 0; level < 126; level++) deep = [deep];
    expect(evaluate(read(deep), mapScope(content)).kind).toBe("value");
    const wide = Array.from({ length: 10_000 }, () => ({ $step: "ok", path: "n" }));
    expect(evaluate(read(wide), mapScope(content))).toEqual(value(wide.map(() => 0)));
  });
});

test("EXPR-10: only null and false are not true", () => {
  expect([null, false].some(isTruthy)).toBe(false);
  expect([0, "", [], {}, "false", true].every(isTruthy)).toBe(true);
});
