/** Random expressions in the canonical dialect, over the steps that stand earlier in the flow. */
import type { Json } from "../../src/protocol/json.ts";
import type { Prng } from "./prng.ts";

export interface Surroundings {
  /** Earlier steps an expression may refer to: id, and the path every reference starts with. */
  readonly steps: readonly { readonly id: string; readonly path?: string }[];
  /** The expression stands in the input of a `foreach` step. */
  readonly insideForeach: boolean;
}

/** Mostly the whole result: a path that is not there fails, and what fails early shows little. */
const PATHS = ["$", "$", "$", "$", "$", "$.v", "$.ok", "$.list", "$.none", "$.absent"] as const;

export function generateExpression(prng: Prng, around: Surroundings, depth = 3): Json {
  const branching = depth > 0 ? 1 : 0;
  const kind = prng.weighted({
    literal: 2,
    input: 2,
    step: around.steps.length > 0 ? 7 : 0,
    variable: 1,
    item: around.insideForeach ? 4 : 0,
    template: 0.5,
    if: 2 * branching,
    coalesce: 1.5 * branching,
    array: branching,
    object: 2 * branching,
  });
  const inner = () => generateExpression(prng, around, depth - 1);
  switch (kind) {
    case "literal":
      return generateLiteral(prng);
    case "input":
      return { $input: prng.pick(["$", "$", "k", "k", "k", "list", "flag", "flag", "absent"]) };
    case "step":
      return generateReference(prng, around, depth);
    case "variable":
      return {
        $variable: prng.pick(["given", "other"]),
        ...(prng.chance(0.8) && { default: depth > 0 ? inner() : null }),
      };
    case "item":
      return prng.chance(0.3) ? { $index: true } : { $item: prng.chance(0.8) ? "$" : "v" };
    case "template":
      return generateTemplate(prng, around);
    case "if":
      // oxlint-disable-next-line unicorn/no-thenable -- that is how a condition is written
      return { $if: inner(), then: inner(), ...(prng.chance(0.7) && { else: inner() }) };
    case "coalesce":
      return { $coalesce: Array.from({ length: prng.between(1, 3) }, inner) };
    case "array":
      return Array.from({ length: prng.between(0, 3) }, inner);
    case "object":
      return Object.fromEntries(Array.from({ length: prng.between(1, 3) }, (_, index) => [`f${index}`, inner()]));
  }
}

/** Mostly an array, as `foreach` and `map` want one; sometimes whatever comes. */
export function generateList(prng: Prng, around: Surroundings): Json {
  const kind = prng.weighted({ literal: 5, input: 2, step: around.steps.length > 0 ? 2 : 0, any: 0.7 });
  switch (kind) {
    case "literal":
      return Array.from({ length: prng.between(0, 4) }, () =>
        generateExpression(prng, { ...around, insideForeach: false }, 1),
      );
    case "input":
      return { $input: "list" };
    case "step": {
      const { id, path } = prng.pick(around.steps);
      return { $step: id, path: path ?? "$.list" };
    }
    case "any":
      // `null` would be no foreach at all.
      return generateExpression(prng, { ...around, insideForeach: false }, 1) ?? true;
  }
}

function generateLiteral(prng: Prng): Json {
  return prng.pick<() => Json>([
    () => null,
    () => prng.chance(0.5),
    () => prng.between(-3, 9),
    () => prng.pick(["", "text", "ä→"]),
    () => ({ $literal: { $step: "not a reference" } }),
  ])();
}

function generateReference(prng: Prng, around: Surroundings, depth: number): Json {
  const { id, path } = prng.pick(around.steps);
  const chosen = path ?? prng.pick(PATHS);
  const onSkip = prng.chance(0.3) && {
    onSkip: {
      action: "useDefault",
      ...(prng.chance(0.8) && { defaultValue: depth > 0 ? generateExpression(prng, around, depth - 1) : 0 }),
    },
  };
  return { $step: id, ...(chosen !== "$" && { path: chosen }), ...onSkip };
}

function generateTemplate(prng: Prng, around: Surroundings): Json {
  const references = ["$.input.k", "$.variables.given", ...(around.insideForeach ? ["$.index", "$.item"] : [])];
  for (const { id, path } of around.steps) references.push(`$.steps.${id}${path ? path.slice(1) : ""}`);
  return { $template: `a {{ ${prng.pick(references)} }} b {{ ${prng.pick(references)} }}` };
}
