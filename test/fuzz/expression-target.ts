import {
  evaluate,
  formatPath,
  needs,
  parseExpression,
  parsePath,
  referencedSteps,
  serializeExpression,
  serializePath,
  valueAt,
} from "../../src/core/expression/index.ts";
import { equalJson } from "../../src/core/json/equal-json.ts";
import type { Json } from "../../src/protocol/json.ts";
import {
  failed,
  mapScope,
  PENDING,
  type ScopeContent,
  SKIPPED,
  type StepState,
  stored,
  success,
} from "../core/expression/map-scope.ts";
import { generateExpression } from "../simulation/expression-generator.ts";
import type { Prng } from "../simulation/prng.ts";
import { WORDS } from "./corpus.ts";
import { type FuzzTarget, must } from "./fuzz-target.ts";
import { hostileJson, mutateJson } from "./hostile-json.ts";
import { mutateText } from "./mutate-text.ts";

const STEPS = ["a", "b", "c"] as const;
const PATHS = ["$.a.b[0]", '$["a.b"]', "$['x']", "a", "$[*].q", "$.a[0][1].b", "$..a", "$ .a", '$["]"]', "$[007]"];
const TEMPLATES = [
  "{{ $.input.a }}",
  "a {{$.steps.b.x}} b",
  "\\{{ x }}",
  "{{ $.variables.v }}{{ $.item }}{{ $.index }}",
];

/** EXPR-4, EXPR-6: whatever is read is written back the same, and comes to something. */
export const expressionTarget: FuzzTarget = {
  name: "expressions",
  make(prng) {
    const json = makeExpression(prng);
    const content = makeScope(prng);
    return { text: JSON.stringify({ expression: json, content }), run: () => checkExpression(json, content) };
  },
};

function makeExpression(prng: Prng): Json {
  const around = { steps: STEPS.map((id) => ({ id })), insideForeach: prng.chance(0.5) };
  switch (prng.weighted({ generated: 3, mutated: 4, hostile: 3, template: 1, flat: 0.1 })) {
    case "generated":
      return generateExpression(prng, around, 5);
    case "mutated":
      return mutateJson(prng, generateExpression(prng, around, 5), WORDS, 0.15);
    case "hostile":
      return hostileJson(prng, WORDS, 5);
    case "template":
      return { $template: mutateText(prng, prng.pick(TEMPLATES).repeat(prng.between(1, 50)), TEMPLATES) };
    case "flat":
      return { $coalesce: Array.from({ length: 1_000 }, () => ({ $step: prng.pick(STEPS), path: prng.pick(PATHS) })) };
  }
}

function makeScope(prng: Prng): ScopeContent {
  const value = () => hostileJson(prng, WORDS, 3);
  const states: readonly (() => StepState)[] = [
    () => success(value()),
    () => success({ v: value(), ok: true, list: [1, 2] }),
    () => stored("b1", value()),
    () => failed("no"),
    () => SKIPPED,
    () => PENDING,
  ];
  return {
    steps: Object.fromEntries(STEPS.map((id) => [id, prng.pick(states)()])),
    input: value(),
    variables: { given: value(), v: value() },
    item: value(),
    index: prng.between(0, 3),
    blobs: { b2: value() },
  };
}

function checkExpression(json: Json, content: ScopeContent): void {
  const { expression, problems } = parseExpression(json, { at: [] });
  if (problems.some(({ level }) => level === "fatal")) return;
  const written = serializeExpression(expression);
  const again = parseExpression(written, { at: [] });
  must(
    equalJson(serializeExpression(again.expression), written),
    "an expression is written and read back without loss",
  );
  referencedSteps(expression);
  const scope = mapScope(content);
  const wanted = needs(expression, scope);
  const evaluation = evaluate(expression, scope);
  // Evaluating too early is the engine's fault, and told as a failure.
  if (wanted.kind === "steps" && wanted.steps.size === 0 && evaluation.kind === "failed")
    must(!evaluation.error.message.includes("not completed"), "what needs nothing more can be evaluated");
  if (evaluation.kind === "value") JSON.stringify(evaluation.value);
}

/** EXPR-1 … EXPR-4 on texts that almost are paths. */
export const pathTarget: FuzzTarget = {
  name: "paths",
  make(prng) {
    const text = mutateText(prng, prng.pick(PATHS), PATHS);
    const value = hostileJson(prng, ["a", "b", "x", "q"], 4);
    return { text, run: () => checkPath(text, value) };
  },
};

function checkPath(text: string, value: Json): void {
  const parsed = parsePath(text);
  if (parsed.kind === "invalid") return must(parsed.message !== "", "a refusal has words");
  const written = serializePath(parsed.path);
  if (typeof written === "string") {
    const again = parsePath(written);
    must(
      again.kind === "path" && equalJson([...again.path], [...parsed.path]),
      "a path is written back as the same path",
    );
  } else must(equalJson(written, [...parsed.path]), "a path that no text can say is a list of its segments");
  formatPath(parsed.path);
  valueAt(value, parsed.path);
}
