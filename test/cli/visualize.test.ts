import { describe, expect, test } from "vitest";
import { renderDot } from "../../src/cli/visualize/dot.ts";
import { flowGraph } from "../../src/cli/visualize/flow-graph.ts";
import { layoutGraph } from "../../src/cli/visualize/layout.ts";
import { renderMermaid } from "../../src/cli/visualize/mermaid.ts";
import { renderSvg } from "../../src/cli/visualize/svg.ts";
import type { Expression, Path } from "../../src/core/expression/expression.ts";
import type { Flow, Step } from "../../src/core/flow/flow.ts";
import type { StepId } from "../../src/protocol/ids.ts";

const ref = (step: string, path: Path = []): Expression => ({ kind: "step", step, path, onSkip: { kind: "skip" } });
const input = (path: Path = []): Expression => ({ kind: "input", path });
const object = (entries: Record<string, Expression>): Expression => ({
  kind: "object",
  entries: Object.entries(entries),
});
const step = (id: string, component: string, value: Expression, more: Partial<Step> = {}): Step => ({
  id: id as StepId,
  component,
  input: value,
  onError: { kind: "fail" },
  mustExecute: false,
  ...more,
});

const flow: Flow = {
  name: 'A "document" <pipeline>',
  steps: [
    step("load", "/builtin/load_file", object({ path: input(["file"]) })),
    step(
      "chunks",
      "/text/chunk",
      object({ text: ref("load", ["data"]), size: { kind: "variable", path: ["chunkSize"] } }),
    ),
    step("words", "/text/keywords", object({ text: { kind: "item", path: [] } }), {
      foreach: ref("chunks", ["chunks"]),
      onError: { kind: "skip" },
    }),
    step("summary", "/text/summarise", object({ text: ref("load", ["data"]) }), {
      skip: input(["brief"]),
      mustExecute: true,
    }),
    step(
      "sub",
      "/builtin/eval",
      object({ flow: { kind: "literal", quoted: true, value: { steps: [{}, {}] } }, input: ref("words") }),
    ),
  ],
  output: object({
    summary: { kind: "coalesce", items: [ref("summary", ["text"]), ref("load", ["data", "title"])] },
    // oxlint-disable-next-line unicorn/no-thenable -- the model names its branches after the language: then, else
    words: { kind: "if", condition: input(["words"]), then: ref("words"), else: ref("sub", ["result"]) },
  }),
};
const graph = flowGraph(flow);
const edge = (from: string, to: string) => graph.edges.find((found) => found.from === from && found.to === to);

describe("flowGraph", () => {
  test("data edges carry their path, control edges are told apart", () => {
    expect(edge("input", "step:load")).toEqual({ from: "input", to: "step:load", label: ".file", control: false });
    expect(edge("step:chunks", "step:words")).toMatchObject({ label: "each .chunks", control: false });
    expect(edge("input", "step:summary")).toMatchObject({ label: "skip if .brief", control: true });
    expect(edge("variable:chunkSize", "step:chunks")).toMatchObject({ label: "" });
  });

  test("$if and $coalesce are decisions between their sources and their reader", () => {
    const decisions = graph.nodes.filter((node) => node.kind === "decision").map((node) => node.title);
    expect(decisions).toEqual(["first non-null", "if"]);
    expect(edge("step:summary", "decision:1")?.label).toBe("1 .text");
    expect(edge("input", "decision:2")).toMatchObject({ label: "condition .words", control: true });
    expect(edge("step:words", "decision:2")?.label).toBe("then");
    expect(edge("decision:2", "output")).toBeDefined();
    expect(edge("step:words", "output")).toBeUndefined();
  });

  test("steps are marked", () => {
    const marks = Object.fromEntries(graph.nodes.map((node) => [node.title, node.marks]));
    expect(marks["words"]).toEqual(["for each", "on error: skip"]);
    expect(marks["summary"]).toEqual(["must run"]);
    expect(marks["sub"]).toEqual(["sub-flow of 2 steps"]);
  });

  test("several paths between two nodes share an edge", () => {
    const twice = flowGraph({ steps: [], output: object({ a: input(["a"]), b: input(["b"]), c: input(["c"]) }) });
    expect(twice.edges).toEqual([{ from: "input", to: "output", label: ".a, … (3)", control: false }]);
  });
});

describe("layoutGraph", () => {
  test("no two nodes overlap, and everything is inside the picture", () => {
    const { nodes, width, height } = layoutGraph(graph);
    for (const [index, a] of nodes.entries()) {
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
      expect(a.y + a.height / 2).toBeLessThanOrEqual(height);
      for (const b of nodes.slice(index + 1)) {
        const apart =
          Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
        expect(apart, `${a.id} and ${b.id}`).toBe(true);
      }
    }
  });

  test("data flows downwards", () => {
    const at = new Map(layoutGraph(graph).nodes.map((node) => [node.id, node.y]));
    for (const { from, to } of graph.edges) expect(at.get(from)!, `${from} above ${to}`).toBeLessThan(at.get(to)!);
  });
});

describe("formats", () => {
  test("SVG names every step and component, escaped, and loads nothing", () => {
    const svg = renderSvg(graph);
    for (const { id, component } of flow.steps) {
      expect(svg).toContain(`>${id}</text>`);
      expect(svg).toContain(`>${component}</text>`);
    }
    expect(svg).toContain("A &quot;document&quot; &lt;pipeline&gt;");
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\((?!#)|<script/);
  });

  test("Mermaid quotes what its grammar would read", () => {
    const text = renderMermaid(
      flowGraph({ name: "x", steps: [step('say "hi" #1', "/a/b", input())], output: ref('say "hi" #1', ["a|b"]) }),
    );
    expect(text).toContain('["say #quot;hi#quot; #35;1<br/><small>/a/b</small>"]');
    expect(text).toContain('-->|".a|b"|');
  });

  test("DOT escapes quotes and backslashes", () => {
    const text = renderDot(flowGraph({ name: 'a"b\\c', steps: [], output: input() }));
    expect(text.split("\n")[0]).toBe('digraph "a\\"b\\\\c" {');
    expect(text).toContain('"input" -> "output";');
  });

  test("a reference to a step that is not there leaves no edge", () => {
    const broken = flowGraph({ steps: [], output: ref("nowhere") });
    expect(renderDot(broken)).not.toContain("nowhere");
    expect(renderMermaid(broken)).not.toContain("undefined");
    expect(renderSvg(broken)).not.toContain("NaN");
  });
});
