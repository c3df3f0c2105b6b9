import { describe, expect, test } from "vitest";
import { nearestName } from "../../../src/core/diagnostics/index.ts";
import {
  allExamples,
  applyOverrides,
  type Flow,
  flowIdOf,
  flowVariables,
  parseDuration,
  parseFlow,
  parseFlowDocument,
  serializeFlow,
  validateFlow,
  variableDefault,
} from "../../../src/core/flow/index.ts";
import type { Json } from "../../../src/protocol/json.ts";

function flowOf(document: Json): Flow {
  const { flow, diagnostics } = parseFlowDocument(document);
  expect(diagnostics.filter(({ level }) => level === "fatal")).toEqual([]);
  return flow!;
}

const firstStep = (steps: Json): Json | undefined => (Array.isArray(steps) ? steps[0] : undefined);

describe("parseDuration", () => {
  const durations: readonly [Json, number][] = [
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["2d", 172_800_000],
    [" 30s ", 30_000],
    ["PT30S", 30_000],
    ["PT0.5S", 500],
    ["PT1M30S", 90_000],
    ["P1DT2H", 93_600_000],
    ["P1W", 604_800_000],
  ];
  test.each(durations)("FLOW-16: %j is %d ms", (source, ms) => {
    expect(parseDuration(source)).toEqual({ kind: "duration", ms });
  });
  const wrong: readonly Json[] = [
    "",
    "30",
    "s",
    "30x",
    "-5s",
    -1,
    "P",
    "PT",
    "P1M",
    "P1Y",
    "1h-30m",
    null,
    true,
    [],
    {},
    "11y",
    "4000d",
  ];
  test.each(wrong.map((source) => ({ source })))("FLOW-16: $source is none", ({ source }) => {
    expect(parseDuration(source)).toMatchObject({ kind: "invalid" });
  });
  test("FLOW-16: a long text is refused at once", () => {
    expect(parseDuration(`${"1s".repeat(500_000)}!`)).toMatchObject({ kind: "invalid" });
  });
});

describe("compensate", () => {
  const step = { id: "a", component: "/x/y", compensate: { component: "/x/undo", input: { $step: "a" }, retry: null } };
  const found = (flow: Json) => {
    const { flow: read, diagnostics } = parseFlowDocument(flow);
    return [...diagnostics, ...(read ? validateFlow(read) : [])].filter(({ level }) => level !== "warning");
  };

  test("FLOW-18: may refer to its own step, and is written back", () => {
    expect(found({ steps: [step], output: { $step: "a" } })).toEqual([]);
    expect(firstStep(serializeFlow(flowOf({ steps: [step] }))["steps"] ?? null)).toEqual({
      id: "a",
      component: "/x/y",
      compensate: { component: "/x/undo", input: { $step: "a" } },
    });
  });

  test("FLOW-18: needs a component, and refers to no later step", () => {
    expect(found({ steps: [{ ...step, compensate: {} }] })).toMatchObject([{ path: "$.steps[0].compensate" }]);
    const late = { ...step, compensate: { component: "/x/undo", input: { $step: "b" } } };
    expect(found({ steps: [late, { id: "b", component: "/x/y" }] })).toMatchObject([
      { kind: "undefinedStepReference", path: "$.steps[0].compensate.input" },
    ]);
  });

  test("FLOW-18: a step that only a compensation refers to is not reached", () => {
    const seen = validateFlow(
      flowOf({
        steps: [
          { id: "b", component: "/x/y" },
          { ...step, compensate: { component: "/x/u", input: { $step: "b" } } },
        ],
        output: { $step: "a" },
      }),
    );
    expect(seen.filter(({ kind }) => kind === "unreachableStep")).toMatchObject([{ path: "$.steps[0]" }]);
  });
});

describe("flowIdOf", () => {
  const vectors: readonly [Json, string][] = [
    ["hello", "5aa762ae383fbb727af3c7a36d4940a5b8c40a989452d2304fc958ff3f354e7a"],
    [
      { message: "Hello, blobs!", number: 42, nested: { array: [1, 2, 3], boolean: true } },
      "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0",
    ],
    [
      { simple: "test", complex: { deeply: { nested: { value: "works" } } } },
      "aa05cc227a02bd66a2a91fde7500be122d28e87c45832d1aa9cb0b432eef7e04",
    ],
  ];
  test.each(vectors)("FLOW-9: %j", (json, id) => {
    expect(flowIdOf(JSON.stringify(json))).toBe(id);
  });
});

describe("variables", () => {
  const schema = (properties: Json, required: Json = []): Flow =>
    flowOf({ schemas: { properties: { variables: { type: "object", properties, required } } } });
  const defaults: readonly [Json, Json | undefined][] = [
    [{ type: "string" }, ""],
    [{ type: "number" }, 0],
    [{ type: "integer" }, 0],
    [{ type: "boolean" }, false],
    [{ type: ["string", "null"] }, null],
    [{ type: ["string", "number"] }, undefined],
    [{ type: "object" }, undefined],
    [{}, undefined],
    [true, undefined],
    [{ type: "string", default: "x" }, "x"],
    [{ type: "string", default: null }, null],
  ];
  test.each(defaults)("FLOW-14: %j is %j when not given", (property, value) => {
    expect(variableDefault(schema({ v: property }), "v")).toEqual(value);
  });

  test("FLOW-14: a required variable has only the default it declares", () => {
    const flow = schema({ a: { type: "string" }, b: { type: "string", default: "x" } }, ["a", "b"]);
    expect(variableDefault(flow, "a")).toBeUndefined();
    expect(variableDefault(flow, "b")).toBe("x");
    expect(variableDefault(flow, "toString")).toBeUndefined();
    expect(variableDefault(flowOf({}), "a")).toBeUndefined();
  });

  test("FLOW-14: what a flow declares, in order", () => {
    const key = { type: "string", description: "The key", env_var: "API_KEY", is_secret: true };
    const flow = schema({ key, limit: { type: "integer" } }, ["key"]);
    expect(Object.entries(flowVariables(flow))).toEqual([
      ["key", { required: true, envVar: "API_KEY", description: "The key", schema: key }],
      ["limit", { required: false, defaultValue: 0, schema: { type: "integer" } }],
    ]);
  });
});

describe("applyOverrides", () => {
  const flow = flowOf({
    name: "f",
    steps: [
      { id: "a", component: "/x/y", input: { temperature: 1, keep: [{ $input: "q" }] }, on_error: { action: "retry" } },
      { id: "b", component: "/x/z", input: { $step: "a" } },
    ],
    output: { $step: "b" },
  });
  const stepA = (overrides: Json) => {
    const applied = applyOverrides(flow, overrides);
    return applied.kind === "flow" ? firstStep(serializeFlow(applied.flow)["steps"] ?? null) : applied.message;
  };

  test("FLOW-13: absent overrides change nothing", () => {
    expect(applyOverrides(flow, undefined)).toEqual({ kind: "flow", flow, diagnostics: [] });
    expect(applyOverrides(flow, null)).toEqual({ kind: "flow", flow, diagnostics: [] });
    expect(applyOverrides(flow, { steps: {} })).toMatchObject({ kind: "flow", flow });
  });

  test("FLOW-13: a merge patch merges, removes and replaces", () => {
    const value = { input: { temperature: 0.2, keep: null, more: { $step: "z" } }, component: "/x/w", onError: null };
    expect(stepA({ steps: { a: { $type: "merge_patch", value } } })).toEqual({
      id: "a",
      component: "/x/w",
      input: { temperature: 0.2, more: { $step: "z" } },
    });
    expect(stepA({ steps: { a: { value: { must_execute: true, on_error: { maxRetries: 7 }, input: 1 } } } })).toEqual({
      id: "a",
      component: "/x/y",
      onError: { action: "retry", maxRetries: 7 },
      input: 1,
      mustExecute: true,
    });
  });

  test("FLOW-13, FLOW-6: `__proto__` in a patch is a key", () => {
    const patched = stepA(JSON.parse('{"steps":{"a":{"value":{"input":{"__proto__":{"x":1}}}}}}'));
    expect(JSON.stringify(patched)).toContain('"__proto__":{"x":1}');
  });

  const refused: readonly [Json, string | RegExp][] = [
    [{ steps: { nope: { value: {} } } }, "Step 'nope' not found in workflow"],
    [{ a: { value: {} } }, /must be an object with 'steps'/],
    [5, /must be an object with 'steps'/],
    [{ steps: { a: 1 } }, /step 'a' must be an object/],
    [{ steps: { a: { component: "/x" } } }, /step 'a' needs 'value'/],
    [{ steps: { a: { $type: "json_patch", value: [] } } }, /'json_patch' of step 'a' is not supported/],
    [{ steps: { a: { $type: "magic", value: {} } } }, /Unknown override type "magic"/],
    [
      { steps: { a: { value: { component: null } } } },
      "Overrides make the flow invalid: $.steps[0]: A step needs 'component'",
    ],
    [
      { steps: { a: { value: { onError: { action: "explode" } } } } },
      /\$\.steps\[0\]\.onError\.action: Unknown action 'explode'/,
    ],
  ];
  test.each(refused)("FLOW-13: %j is refused", (overrides, message) => {
    expect(applyOverrides(flow, overrides)).toEqual({
      kind: "invalid",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });
});

describe("examples and places", () => {
  test("FLOW-17: test cases are examples, unless their name is taken", () => {
    const flow = flowOf({
      examples: [{ name: "a", input: 1 }],
      test: {
        cases: [
          { name: "a", input: 2 },
          { name: "b", description: "d", input: 3, output: { outcome: "success" } },
          { name: "b" },
        ],
      },
    });
    expect(allExamples(flow)).toEqual([
      { name: "a", input: 1 },
      { name: "b", description: "d", input: 3 },
    ]);
  });

  test("FLOW-2: places of paths, of older spellings, of what is not there", () => {
    const { source } = parseFlow(
      'steps:\n  - id: a\n    skip_if: {$coalesce: [1, 2]}\n    input:\n      $if: true\n      then: "x"\n',
    );
    expect(source.locate("$.steps[0].id")).toEqual({ line: 2, column: 9 });
    expect(source.locate("$.steps[0].id", "key")).toEqual({ line: 2, column: 5 });
    expect(source.locate("$.steps[0].skip[1]")).toEqual({ line: 3, column: 30 });
    expect(source.locate("$.steps[0].input.condition")).toEqual({ line: 5, column: 12 });
    expect(source.locate("$.steps[0].input.else")).toEqual({ line: 4, column: 5 });
    expect(source.locate("$.steps[7].id")).toEqual({ line: 1, column: 1 });
    expect(source.lineText(6)).toBe('      then: "x"');
    expect(parseFlow("[").source.locate("$")).toBeUndefined();
  });

  test("FLOW-5: the nearest name", () => {
    const known = ["input", "output", "onError", "maxConcurrency", "id"];
    expect(nearestName("ouptut", known)).toBe("output");
    expect(nearestName("ON-ERROR", known)).toBe("onError");
    expect(nearestName("max_concurency", known)).toBe("maxConcurrency");
    expect(nearestName("depends_on", known)).toBeUndefined();
    expect(nearestName("x".repeat(1000), known)).toBeUndefined();
  });
});

test("FLOW-4: ten thousand steps, right or wrong, take moments", () => {
  const steps = Array.from(
    { length: 10_000 },
    (_, i): Json => ({ id: `s${i}`, component: "/x/y", input: i === 0 ? null : { $step: `s${i - 1}`, path: "a" } }),
  );
  const wrong = steps.map(
    (_, i): Json => ({ id: `t${i}`, component: "x", input: { $step: `missing${i}` }, onEror: 1 }),
  );
  for (const document of [steps, wrong]) {
    const text = JSON.stringify({ steps: document, output: { $step: "s9999" } });
    const start = performance.now();
    const { flow } = parseFlow(text);
    expect(flow?.steps).toHaveLength(10_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});
