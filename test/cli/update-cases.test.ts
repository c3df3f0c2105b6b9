import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { updateCases } from "../../src/cli/testing/update-cases.ts";
import type { Json } from "../../src/protocol/json.ts";

const flow = `# A flow
name: 'quoted'   # stays quoted
steps: []
test:
  cases:
  # the first
  - name: one
    input: {a: 1}   # inline
    output:   # what comes
      outcome: success
      result: old

  - name: two   # no output yet
    input:
      text: |
        two
        lines
  - {name: three, input: 3}
unknown: kept # too
`;
const update = (text: string, outputs: Record<string, Json>) => updateCases(text, new Map(Object.entries(outputs)));
const outputs = (text: string) =>
  Object.fromEntries(
    (parse(text) as { test: { cases: { name: string; output?: Json }[] } }).test.cases.map((c) => [c.name, c.output]),
  );

describe("updateCases", () => {
  test("replaces an output and leaves every other line as it was", () => {
    const updated = update(flow, { one: { outcome: "success", result: ["new", { deep: null }] } });
    expect(outputs(updated)["one"]).toEqual({ outcome: "success", result: ["new", { deep: null }] });
    const untouched = flow.split("\n").filter((line) => !/output:|outcome: success|result: old/.test(line));
    expect(updated.split("\n").filter((line) => untouched.includes(line))).toEqual(untouched);
  });

  test("adds an output after a block scalar", () => {
    const updated = update(flow, { two: { outcome: "skipped" } });
    expect(outputs(updated)["two"]).toEqual({ outcome: "skipped" });
    expect(updated).toContain("        lines\n    output:\n      outcome: skipped\n  - {name: three, input: 3}\n");
  });

  test("adds to a flow-style case, comments kept", () => {
    const updated = update(flow, { three: { outcome: "success", result: 3 } });
    expect(outputs(updated)["three"]).toEqual({ outcome: "success", result: 3 });
    expect(updated).toContain("# stays quoted");
    expect(updated).toContain("unknown: kept # too");
  });

  test("several at once", () => {
    const updated = update(flow, {
      one: { outcome: "failed" },
      two: { outcome: "skipped" },
      three: { outcome: "success", result: "x: y" },
    });
    expect(outputs(updated)).toEqual({
      one: { outcome: "failed" },
      two: { outcome: "skipped" },
      three: { outcome: "success", result: "x: y" },
    });
  });

  test("an empty output is filled", () => {
    const updated = update("test:\n  cases:\n  - name: a\n    input: 1\n    output:\n# end\n", {
      a: { outcome: "skipped" },
    });
    expect(outputs(updated)["a"]).toEqual({ outcome: "skipped" });
    expect(updated).toContain("# end");
  });

  test("JSON stays JSON", () => {
    const updated = update('{"steps": [], "test": {"cases": [{"name": "a", "input": 1}]}}', {
      a: { outcome: "skipped" },
    });
    expect(JSON.parse(updated)).toEqual({
      steps: [],
      test: { cases: [{ name: "a", input: 1, output: { outcome: "skipped" } }] },
    });
  });

  test("a case that is not there changes nothing", () => {
    expect(update(flow, { nobody: 1 })).toBe(flow);
  });
});
