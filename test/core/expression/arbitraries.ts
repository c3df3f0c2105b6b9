/* oxlint-disable oxc/no-map-spread -- optional fields are left out, not undefined; speed is no matter here */
/* oxlint-disable unicorn/no-thenable -- `then` is a key of the flow language; nothing here is awaited */
import * as fc from "fast-check";
import type { Expression } from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";

const KEYS = ["a", "b", "a.b", "", " ", "]", '"]', "']", "$", "__proto__", "10", "constructor", "é😀"];
const keys = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: "grapheme", maxLength: 6 }));
export const segments = fc.oneof(keys, fc.nat({ max: 3 }));
const paths = fc.array(segments, { maxLength: 3 });

/** Scalars that JSON keeps, negative zero apart. */
const scalars = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, 1, -1.5, "", "a"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

/** Plain JSON; keys include the treacherous ones and those with `$`. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    scalars,
    fc.array(tie("json"), { maxLength: 3 }),
    fc
      .array(
        fc.tuple(fc.oneof(keys, fc.constantFrom("$step", "$input", "$if", "then", "$literal", "$from")), tie("json")),
        { maxLength: 3 },
      )
      .map((entries): Json => Object.fromEntries(entries)),
  ),
})).json;

export const STEP_IDS = ["a", "b", "c", "d"];

/** Expressions as the parser gives them. */
export const expressions: fc.Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => {
  const nested = tie("expression");
  return {
    expression: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.constantFrom<Expression>(
        { kind: "literal", value: null, quoted: false },
        { kind: "literal", value: true, quoted: false },
      ),
      scalars.map((value): Expression => ({ kind: "literal", value, quoted: false })),
      fc
        .record({ step: fc.constantFrom(...STEP_IDS), path: paths, fallback: fc.option(nested, { nil: undefined }) })
        .map(
          ({ step, path, fallback }): Expression => ({
            kind: "step",
            step,
            path,
            onSkip: fallback ? { kind: "use_default", value: fallback } : { kind: "skip" },
          }),
        ),
      fc
        .constantFrom(...STEP_IDS)
        .map((step): Expression => ({ kind: "step", step, path: [], onSkip: { kind: "skip" } })),
      json.map((value): Expression => ({ kind: "literal", value, quoted: true })),
      paths.map((path): Expression => ({ kind: "input", path })),
      paths.map((path): Expression => ({ kind: "item", path })),
      fc.constant<Expression>({ kind: "index" }),
      fc.record({ name: fc.constantFrom("v", "w"), rest: paths, fallback: fc.option(nested, { nil: undefined }) }).map(
        ({ name, rest, fallback }): Expression => ({
          kind: "variable",
          path: [name, ...rest],
          ...(fallback ? { default: fallback } : {}),
        }),
      ),
      fc.array(nested, { maxLength: 3 }).map((items): Expression => ({ kind: "array", items })),
      fc.array(nested, { maxLength: 3 }).map((items): Expression => ({ kind: "coalesce", items })),
      fc.record({ condition: nested, then: nested, else: fc.option(nested, { nil: undefined }) }).map(
        (parts): Expression => ({
          kind: "if",
          condition: parts.condition,
          then: parts.then,
          ...(parts.else ? { else: parts.else } : {}),
        }),
      ),
      fc.array(fc.tuple(fc.constantFrom("x", "y", "__proto__", "é", "$other"), nested), { maxLength: 3 }).map(
        (entries): Expression => ({
          kind: "object",
          entries: [...new Map(entries)],
        }),
      ),
      fc.constant<Expression>({
        kind: "template",
        source: "x {{ $.steps.a }} {{ $.input.b }}",
        parts: [
          "x ",
          { kind: "step", step: "a", path: [], onSkip: { kind: "skip" } },
          " ",
          { kind: "input", path: ["b"] },
        ],
      }),
    ),
  };
}).expression;
