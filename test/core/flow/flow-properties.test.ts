import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expression } from "../../../src/core/expression/index.ts";
import {
  canonicalFlowText,
  type Flow,
  flowIdOf,
  parseFlow,
  parseFlowDocument,
  serializeFlow,
  validateFlow,
} from "../../../src/core/flow/index.ts";
import type { StepId } from "../../../src/protocol/ids.ts";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";
import { expressions, json } from "../expression/arbitraries.ts";

const text = fc.string({ unit: "grapheme", maxLength: 10 });
const objects = fc
  .array(fc.tuple(text, json), { minLength: 1, maxLength: 3 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const notNull: fc.Arbitrary<Json> = json.filter((value) => value !== null);

/** Leaves out what is `undefined`: optional fields are absent in a flow, never undefined. */
function compact<Fields extends object>(fields: Fields): Present<Fields> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same fields, fewer of them
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;
}
type Present<Fields> = { [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name] } & {
  [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

const retries = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 9 }),
  backoff: fc.record({
    type: fc.constantFrom("constant" as const, "exponential" as const, "fibonacci" as const),
    minDelayMs: fc.integer({ min: 1, max: 1000 }),
    maxDelayMs: fc.integer({ min: 1000, max: 10_000 }),
    factor: fc.constantFrom(1, 1.5, 2),
    jitter: fc.constantFrom("none" as const, "full" as const),
  }),
  on: fc.constantFrom(["TIMEOUT" as const], []),
});
const steps = fc
  .record({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any text is an id
    id: text.map((id) => id as StepId),
    component: text,
    input: expressions,
    onError: fc.oneof(
      fc.constantFrom({ kind: "fail" } as const, { kind: "skip" } as const),
      json.map((value) => ({ kind: "use_default", value }) as const),
      fc.nat().map((maxRetries) => ({ kind: "retry", maxRetries }) as const),
    ),
    // `skip: null` is no skip at all.
    skip: maybe(
      expressions.filter(({ kind, ...rest }) => kind !== "literal" || !("value" in rest) || rest.value !== null),
    ),
    // Plain sources only: a path like `a[*].b` in the input means the element (FLOW-15).
    foreach: maybe(fc.constant<Expression>({ kind: "literal", value: [1], quoted: true })),
    maxConcurrency: maybe(fc.integer({ min: 1, max: 100 })),
    timeoutMs: maybe(fc.integer({ min: 1, max: 1e9 })),
    retry: maybe(retries),
    compensate: maybe(
      fc
        .record({
          component: text,
          input: expressions,
          timeoutMs: maybe(fc.integer({ min: 1, max: 1e9 })),
          retry: maybe(retries),
        })
        .map(compact),
    ),
    cache: maybe(
      fc
        .record({
          ttlMs: fc.integer({ min: 1, max: 1e9 }),
          key: maybe(
            expressions.filter(({ kind, ...rest }) => kind !== "literal" || !("value" in rest) || rest.value !== null),
          ),
          scope: fc.constantFrom("flow" as const, "global" as const),
        })
        .map(compact),
    ),
    mustExecute: fc.boolean(),
    metadata: maybe(objects),
  })
  .map(compact);

const flows: fc.Arbitrary<Flow> = fc
  .record({
    name: maybe(text),
    description: maybe(text),
    version: maybe(text),
    schemas: maybe(
      fc
        .record({
          defs: maybe(objects),
          input: notNull,
          output: maybe(notNull),
          variables: maybe(objects),
          steps: maybe(objects),
        })
        .map(compact),
    ),
    steps: fc.array(steps, { maxLength: 3 }),
    output: expressions,
    itemTimeoutMs: maybe(fc.integer({ min: 1, max: 1e9 })),
    timeoutMs: maybe(fc.integer({ min: 1, max: 1e9 })),
    maxConcurrency: maybe(fc.integer({ min: 1, max: 100 })),
    test: maybe(
      fc
        .record({
          configFile: maybe(text),
          servers: maybe(objects),
          cases: fc.array(
            fc.record({ name: text, description: maybe(text), input: json, output: maybe(objects) }).map(compact),
            { maxLength: 2 },
          ),
        })
        .map(compact),
    ),
    examples: maybe(fc.array(fc.record({ name: text, input: json }), { minLength: 1, maxLength: 2 })),
    metadata: maybe(objects),
  })
  .map(compact);

const shapes = fc.oneof(json, fc.constantFrom<Json>("30s", 5, null, true, [], {}, { action: "retry" }, { step: "a" }));
const keys = fc.constantFrom(
  "name",
  "steps",
  "id",
  "component",
  "input",
  "output",
  "onError",
  "on_error",
  "skip",
  "skipIf",
  "foreach",
  "retry",
  "cache",
  "timeout",
  "itemTimeout",
  "test",
  "cases",
  "schemas",
  "properties",
  "inputSchema",
  "examples",
  "metadata",
  "$from",
  "$step",
  "path",
  "__proto__",
  "mustExecute",
  "compensate",
);
/** Objects made of the words of the language, right or wrong. */
const nearFlows: fc.Arbitrary<Json> = fc.letrec<{ near: Json }>((tie) => ({
  near: fc.oneof(
    { depthSize: "large" },
    shapes,
    fc.array(tie("near"), { maxLength: 3 }),
    fc.array(fc.tuple(keys, tie("near")), { maxLength: 6 }).map((entries): Json => Object.fromEntries(entries)),
  ),
})).near;

describe("flows", () => {
  test("FLOW-8: every flow is written and read back as the same flow and the same text", () => {
    fc.assert(
      fc.property(flows, (flow) => {
        const canonical = canonicalFlowText(flow);
        const { flow: again, diagnostics } = parseFlow(canonical, { format: "json" });
        expect(diagnostics.filter(({ level, kind }) => level === "fatal" || kind === "olderForm")).toEqual([]);
        expect(again).toEqual(flow);
        expect(again && canonicalFlowText(again)).toBe(canonical);
        expect(parseFlowDocument(JSON.parse(canonical)).flow).toEqual(flow);
        expect(parseFlow(canonical, { format: "yaml" }).flow).toEqual(flow);
        expect(flowIdOf(canonical)).toMatch(/^[0-9a-f]{64}$/);
      }),
      { numRuns: 300 },
    );
  });

  test("FLOW-7: any JSON gives a flow or fatal findings; a flow can be validated and written", () => {
    fc.assert(
      fc.property(nearFlows, (document) => {
        const { flow, diagnostics } = parseFlowDocument(document);
        expect(flow === undefined).toBe(diagnostics.some(({ level }) => level === "fatal"));
        for (const { hint, message } of diagnostics) expect(hint, message).toMatch(/.{10}/);
        if (flow === undefined) return;
        validateFlow(flow);
        expect(parseFlowDocument(serializeFlow(flow)).flow).toEqual(flow);
      }),
      { numRuns: 2000 },
    );
  });
});
