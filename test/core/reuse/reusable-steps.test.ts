import { describe, expect, it } from "vitest";
import { parseFlow } from "../../../src/core/flow/index.ts";
import { reusableSteps } from "../../../src/core/reuse/index.ts";

function flowOf(text: string) {
  const { flow, diagnostics } = parseFlow(text, { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  return flow;
}

/** `a` stands for nothing but itself; every other step refers to it, or to the input, in its own way. */
const STEPS: Readonly<Record<string, string>> = {
  a: "{ id: a, component: /w/a, input: {} }",
  direct: "{ id: direct, component: /w/x, input: { v: [{ $step: a }] } }",
  branch: "{ id: branch, component: /w/x, input: { $if: true, then: 1, else: { $step: a } } }",
  later: "{ id: later, component: /w/x, input: { $coalesce: [1, { $step: a }] } }",
  template: '{ id: template, component: /w/x, input: { $template: "x {{$.steps.a.v}}" } }',
  onSkip:
    "{ id: onSkip, component: /w/x, input: { $step: input, onSkip: { action: useDefault, defaultValue: { $step: a } } } }",
  variable: "{ id: variable, component: /w/x, input: { $variable: v, default: { $step: a } } }",
  skip: "{ id: skip, component: /w/x, skip: { $step: a }, input: 1 }",
  foreach: "{ id: foreach, component: /w/x, foreach: { $step: a }, input: { $item: $ } }",
  input: "{ id: input, component: /w/x, input: { $input: x } }",
  alone: "{ id: alone, component: /w/x, input: 1 }",
  below: "{ id: below, component: /w/x, input: { $step: direct } }",
};
const ORDER = [
  "a",
  "input",
  "alone",
  "direct",
  "branch",
  "later",
  "template",
  "onSkip",
  "variable",
  "skip",
  "foreach",
  "below",
];
const flowWith = (changes: Readonly<Record<string, string>> = {}, order: readonly string[] = ORDER) =>
  flowOf(`steps:\n${order.map((id) => `  - ${changes[id] ?? STEPS[id] ?? ""}`).join("\n")}\noutput: 1`);
const ALL = flowWith();
const none = { from: new Set<string>(), inputChanged: false, variableChanged: () => false };
const again = (change: Partial<Parameters<typeof reusableSteps>[0]>) => {
  const reused = reusableSteps({ before: ALL, after: ALL, ...none, ...change });
  return (change.after ?? ALL).steps.map(({ id }) => id as string).filter((id) => !reused.has(id));
};

describe("steps that run again", () => {
  it("RUN-117 none, where nothing changes", () => {
    expect(again({})).toEqual([]);
  });

  it("RUN-117 those asked for and all that refers to them: branches not taken, defaults, templates, skip and foreach too", () => {
    expect(again({ from: new Set(["a"]) })).toEqual(ORDER.filter((id) => id !== "input" && id !== "alone"));
    expect(again({ from: new Set(["direct"]) })).toEqual(["direct", "below"]);
    expect(again({ from: new Set(["alone"]) })).toEqual(["alone"]);
  });

  it("RUN-118 what reads the input, or refers to what does, where the input is another", () => {
    expect(again({ inputChanged: true })).toEqual(["input", "onSkip"]);
  });

  it("RUN-118 what reads a variable that is worth something else", () => {
    expect(again({ variableChanged: (name) => name === "v" })).toEqual(["variable"]);
    expect(again({ variableChanged: (name) => name === "w" })).toEqual([]);
  });

  it.each([
    ["component", "{ id: direct, component: /w/y, input: { v: [{ $step: a }] } }", ["direct", "below"]],
    ["input", "{ id: direct, component: /w/x, input: { v: [1, { $step: a }] } }", ["direct", "below"]],
    ["skip", "{ id: direct, component: /w/x, skip: false, input: { v: [{ $step: a }] } }", ["direct", "below"]],
    ["foreach", "{ id: direct, component: /w/x, foreach: [1], input: { v: [{ $step: a }] } }", ["direct", "below"]],
    ["spelling", '{ id: direct, component: /w/x, input: { v: [{ $from: { step: a }, path: "$" }] } }', []],
    [
      "bounds",
      "{ id: direct, component: /w/x, timeout: 5s, onError: { action: skip }, metadata: { m: 1 }, input: { v: [{ $step: a }] } }",
      [],
    ],
  ])("RUN-118 a step with another %s, unless it only treats the same work otherwise", (_, step, expected) => {
    expect(again({ after: flowWith({ direct: step }) })).toEqual(expected);
  });

  it("RUN-118 steps that are new or renamed; the order of steps does not matter", () => {
    const renamed = STEPS["alone"]?.replace("id: alone", "id: other") ?? "";
    expect(again({ after: flowWith({ alone: renamed }) })).toEqual(["other"]);
    expect(again({ after: flowWith({}, ["alone", "input", "a"]) })).toEqual([]);
  });
});
