import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Expression,
  evaluate,
  isLazy,
  needs,
  parseExpression,
  referencedSteps,
  serializeExpression,
} from "../../../src/core/expression/index.ts";
import { expressions, json, STEP_IDS } from "./arbitraries.ts";
import { failed, mapScope, PENDING, type ScopeContent, SKIPPED, type StepState, stored, success } from "./map-scope.ts";

const states = fc.oneof(
  json.map(success),
  fc.constant(success(null)),
  fc.constant(success(false)),
  fc.constant(SKIPPED),
  fc.constant(failed("broken")),
  fc.tuple(fc.constantFrom("b1", "b2", "b3"), json).map(([blob, value]) => stored(blob, value)),
);
const outcomes = fc.record(Object.fromEntries(STEP_IDS.map((id) => [id, states])));
const contents = fc.record({
  input: json,
  variables: fc.dictionary(fc.constantFrom("v", "w"), json, { maxKeys: 2 }),
  item: json,
});

const depthOf = (source: unknown): number =>
  typeof source === "object" && source !== null ? 1 + Math.max(0, ...Object.values(source).map(depthOf)) : 0;

/** Settles only what is asked for, fetches only what is named, until nothing is needed. */
function settleLazily(expression: Expression, outcome: Readonly<Record<string, StepState>>, content: ScopeContent) {
  const steps: Record<string, StepState> = Object.fromEntries(STEP_IDS.map((id) => [id, PENDING]));
  const fetched = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const scope = mapScope({ ...content, steps, fetched });
    const wanted = needs(expression, scope);
    if (wanted.kind === "not_resident") {
      expect(wanted.blobs.every((blob) => !fetched.has(blob))).toBe(true);
      for (const blob of wanted.blobs) fetched.add(blob);
      continue;
    }
    if (wanted.steps.size > 0) {
      for (const id of wanted.steps) steps[id] = outcome[id]!;
      continue;
    }
    const result = evaluate(expression, scope);
    if (result.kind !== "not_resident") return { result, settled: STEP_IDS.filter((id) => steps[id] !== PENDING) };
    for (const blob of result.blobs) fetched.add(blob);
  }
  throw new Error("Needs do not come to an end");
}

describe("expressions", () => {
  test("EXPR-14 … EXPR-19: what is settled lazily gives what everything settled gives", () => {
    fc.assert(
      fc.property(expressions, outcomes, contents, (expression, outcome, content) => {
        const all = mapScope({ ...content, steps: outcome, fetched: new Set(["b1", "b2", "b3"]) });
        const { result, settled } = settleLazily(expression, outcome, content);
        expect(result).toEqual(evaluate(expression, all));
        expect(settled.filter((id) => !referencedSteps(expression).has(id))).toEqual([]);
        if (!isLazy(expression)) expect(new Set(settled)).toEqual(referencedSteps(expression));
      }),
      { numRuns: 1500 },
    );
  });

  test("EXPR-6: every expression is written and read back without loss", () => {
    fc.assert(
      fc.property(
        expressions.filter((expression) => depthOf(serializeExpression(expression)) < 100),
        (expression) => {
          const written = serializeExpression(expression);
          const { expression: read, problems } = parseExpression(JSON.parse(JSON.stringify(written)), { at: [] });
          expect(read).toEqual(expression);
          expect(problems).toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("EXPR-5: any JSON gives an expression or problems, and what it gives can be written and evaluated", () => {
    fc.assert(
      fc.property(json, contents, (source, content) => {
        const { expression } = parseExpression(source, { at: [] });
        const written = serializeExpression(expression);
        expect(serializeExpression(parseExpression(written, { at: [] }).expression)).toEqual(written);
        expect(evaluate(expression, mapScope(content)).kind).toMatch(/value|failed|skipped/);
        expect(needs(expression, mapScope(content)).kind).toBe("steps");
      }),
      { numRuns: 2000 },
    );
  });
});
