import { describe, expect, it, test } from "vitest";
import { parseFlow } from "../../../src/core/flow/index.ts";
import { forbiddenComponent, narrowed } from "../../../src/core/run/component-bounds.ts";
import { COMPONENT_PATTERN, matchesComponent } from "../../../src/protocol/component-pattern.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { MemoryChunks } from "../../support/memory-chunks.ts";
import { MemoryRun } from "../../support/memory-run.ts";

describe("ALLOW-1 patterns", () => {
  test.each<[string, string, boolean]>([
    ["/a/b", "/a/b", true],
    ["/a/b", "/a/b/c", false],
    ["/a/b", "/a/B", false],
    ["/a/*", "/a/b", true],
    ["/a/*", "/a", false],
    ["/a/*", "/a/", false],
    ["/a/*", "/a/b/c", false],
    ["/a/*", "/ab/c", false],
    ["/*/b", "/a/b", true],
    ["/a/**", "/a/b", true],
    ["/a/**", "/a/b/c", true],
    ["/a/**", "/a", false],
    ["/a/**", "/a/", false],
    ["/a/**", "/ab", false],
    ["/**", "/a", true],
    ["/**", "/", false],
    ["/*", "/a/b", false],
    ["/a.c", "/abc", false],
  ])("%s and %s: %s", (pattern, component, matches) => {
    expect(COMPONENT_PATTERN.test(pattern)).toBe(true);
    expect(matchesComponent(pattern, component)).toBe(matches);
  });

  test.each(["", "a", "a/*", "/a/**/b", "/a*", "/a//b", "/***", "/a/"])("%j is none", (text) => {
    expect(COMPONENT_PATTERN.test(text)).toBe(false);
  });
});

const inner = "{ steps: [{ id: deep, component: /w/deep, input: {} }], output: { $step: deep } }";
const flowOf = (yaml: string) => parseFlow(yaml, { format: "yaml" }).flow!;

describe("ALLOW-3 places", () => {
  test.each<[string, string, string, string]>([
    ["a step", "steps: [{ id: s, component: /w/x, input: {} }]", "/w/x", "/steps/0/component"],
    [
      "a compensation",
      "steps: [{ id: s, component: /ok, input: {}, compensate: { component: /w/undo, input: {} } }]",
      "/w/undo",
      "/steps/0/compensate/component",
    ],
    [
      "a quoted flow",
      `steps: [{ id: s, component: /builtin/eval, input: { flow: { $literal: ${inner} }, input: {} } }]`,
      "/w/deep",
      "/steps/0/input/flow/$literal/steps/0/component",
    ],
    [
      "a flow two levels deep",
      `steps: [{ id: s, component: /builtin/map, input: { workflow: { $literal: { steps: [{ id: e, component: /builtin/eval, input: { flow: { $literal: ${inner} }, input: {} } }], output: 1 } }, items: [] } }]`,
      "/w/deep",
      "/steps/0/input/workflow/$literal/steps/0/input/flow/$literal/steps/0/component",
    ],
    [
      "a notification",
      "steps: [{ id: s, component: /builtin/approval, input: { message: x, notify: { component: /w/mail, input: {} } } }]",
      "/w/mail",
      "/steps/0/input/notify/component",
    ],
  ])("%s", (_, steps, component, pointer) => {
    const found = forbiddenComponent(flowOf(`${steps}\noutput: 1`), [["/ok", "/builtin/**"]]);
    expect(found?.pointer).toBe(pointer);
    expect(found?.message).toContain(
      `the component '${component}' is not among those allowed to this run: /ok, /builtin/**`,
    );
    expect(found?.message).toContain(`at ${pointer}`);
    expect(forbiddenComponent(flowOf(`${steps}\noutput: 1`), [["/ok", "/builtin/**", "/w/*"]])).toBeUndefined();
  });

  test("ALLOW-2 every list must allow it; an empty one allows nothing", () => {
    const flow = flowOf("steps: [{ id: s, component: /w/x, input: {} }]\noutput: 1");
    expect(forbiddenComponent(flow, [["/w/*"], ["/builtin/**"]])?.message).toContain(
      "allowed to this run: /builtin/**",
    );
    expect(forbiddenComponent(flow, [["/w/*"], []])?.message).toContain("allowed to this run: none");
    expect(forbiddenComponent(flow, [["/w/*"], ["/**"]])).toBeUndefined();
    expect(forbiddenComponent(flow, [])).toBeUndefined();
    expect(narrowed([["/a"]], [["/a"], ["/b"]])).toEqual([["/a"], ["/b"]]);
  });
});

describe("what a run starts", () => {
  const dynamic = (more = "") => `
steps:
  - id: e
    component: /builtin/eval
    input: { flow: { $input: flow }, input: {} ${more} }
output: { $step: e }`;
  const flow = (component: string): Json => ({ steps: [{ id: "x", component, input: {} }], output: { $step: "x" } });
  const evalFlow = (allowed: string): Json => ({
    steps: [
      {
        id: "again",
        component: "/builtin/eval",
        input: { flow: { $literal: flow(allowed) }, input: {}, allow_components: ["/**"] },
      },
    ],
    output: { $step: "again" },
  });
  const resultOf = (run: MemoryRun) => run.results()[0];

  it("ALLOW-4 ALLOW-5 a computed sub-flow that breaks the bound fails its step, and nothing of it starts", async () => {
    const run = MemoryRun.start(dynamic(), {
      inputs: [{ flow: flow("/w/x") }],
      allowComponents: [["/builtin/*", "/w/y"]],
    });
    expect(run.calls).toEqual([]);
    expect(run.engine.tree.runs).toHaveLength(1);
    expect(resultOf(run)).toMatchObject({
      outcome: "failed",
      error: {
        code: "INVALID_INPUT",
        message: expect.stringContaining("'/w/x' is not among those allowed to this run: /builtin/*, /w/y; step 'x'"),
      },
    });
    const allowed = MemoryRun.start(dynamic(), {
      inputs: [{ flow: flow("/w/y") }],
      allowComponents: [["/builtin/*", "/w/y"]],
    });
    expect(allowed.calledSteps()).toEqual(["x"]);
  });

  it("ALLOW-5 a step narrows, and nothing below it widens again", () => {
    const narrow = dynamic(", allow_components: [/builtin/*]");
    const run = MemoryRun.start(narrow, { inputs: [{ flow: flow("/w/x") }] });
    expect(resultOf(run)).toMatchObject({ error: { code: "INVALID_INPUT" } });
    const wider = MemoryRun.start(narrow, { inputs: [{ flow: evalFlow("/w/x") }] });
    expect(wider.calls).toEqual([]);
    expect(resultOf(wider)).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringContaining("'/w/x'") },
    });
    expect(MemoryRun.start(dynamic(), { inputs: [{ flow: flow("/w/x") }] }).calledSteps()).toEqual(["x"]);
  });

  it("ALLOW-4 the bound is in the journal: it holds after a restart", async () => {
    const waiting = `
steps:
  - { id: first, component: /w/y, input: {} }
  - { id: e, component: /builtin/eval, input: { flow: { $step: first }, input: {} } }
output: { $step: e }`;
    const run = MemoryRun.start(waiting, { allowComponents: [["/builtin/*", "/w/y"]] });
    await run.reload();
    run.succeed(run.call("first"), flow("/w/x"));
    expect(resultOf(run)).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringContaining("'/w/x'") },
    });
  });

  it("ALLOW-4 chunks have it", () => {
    const text = `
steps:
  - id: m
    component: /builtin/map
    input: { flow: { $literal: { steps: [{ id: e, component: /builtin/eval, input: { flow: { $input: $ }, input: {} } }], output: { $step: e } } }, items: { $input: $ } }
output: { $step: m }`;
    const settings = { chunks: { from: 1, items: 1, characters: 1_000, share: 2 } };
    const chunks = new MemoryChunks(text, {
      inputs: [[flow("/w/x"), flow("/w/y")]],
      settings,
      allowComponents: [["/builtin/*", "/w/y"]],
    });
    expect(chunks.objects.size).toBe(2);
    expect(chunks.calls.map(({ call }) => call.componentId)).toEqual(["/y"]);
  });
});
