import { describe, expect, it } from "vitest";
import type { Expression } from "../../../src/core/expression/index.ts";
import { evaluate, needs } from "../../../src/core/expression/index.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { expressionFailure, mapScope, success, value } from "./map-scope.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const reference = { $blob: A, size: 3 };

function at(path: readonly (string | number)[], output: Json, blobs: Record<string, Json> = {}) {
  const step: Expression = { kind: "step", step: "s", path: [...path], onSkip: { kind: "skip" } };
  return evaluate(step, mapScope({ steps: { s: success(output) }, blobs }));
}

describe("EXPR-22 blob references in values", () => {
  it("are read through by a path that goes into them, also one inside the other", () => {
    const blobs = { [A]: { list: [{ $blob: B }], size: "the content's" }, [B]: { deep: 1 } };
    expect(at(["big", "list", 0, "deep"], { big: reference }, blobs)).toEqual(value(1));
    expect(at(["big", "size"], { big: reference }, blobs)).toEqual(value("the content's"));
  });

  it("stay references at the end of a path, and give their id", () => {
    expect(at(["big"], { big: reference })).toEqual(value(reference));
    expect(at(["big", "$blob"], { big: reference })).toEqual(value(A));
  });

  it("name the blob that has to be fetched", () => {
    expect(at(["big", "x"], { big: reference })).toEqual({ kind: "not_resident", blobs: [A] });
  });

  it("have nothing inside when the content is binary or has no such key", () => {
    const binary = { big: { $blob: A, blobType: "binary" } };
    expect(at(["big", "x"], binary, { [A]: { x: 1 } })).toEqual(expressionFailure("Path $.big.x not found"));
    expect(at(["big", "x"], { big: reference }, { [A]: {} })).toEqual(expressionFailure("Path $.big.x not found"));
  });

  it("are waited for where a variable's default hangs on them", () => {
    const fallback: Expression = { kind: "step", step: "s", path: [], onSkip: { kind: "skip" } };
    const variable: Expression = { kind: "variable", path: ["v", "x"], default: fallback };
    const content = { steps: { s: { is: "pending" } as const }, variables: { v: reference } };
    expect(needs(variable, mapScope(content))).toEqual({ kind: "not_resident", blobs: [A] });
    expect(needs(variable, mapScope({ ...content, blobs: { [A]: { x: 1 } } }))).toEqual({
      kind: "steps",
      steps: new Set(),
    });
    expect(needs(variable, mapScope({ ...content, blobs: { [A]: {} } }))).toEqual({
      kind: "steps",
      steps: new Set(["s"]),
    });
  });
});
