/**
 * Golden files: beside each flow in `golden/` lies what checking its types strictly says, one finding a line with its position,
 * then the types of its steps and what would be inferred. The components are in `metadata.components` of the flow. To accept
 * a changed outcome after looking at it: `vitest run -u`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { locateDiagnostics, parseFlow } from "../../../src/core/flow/index.ts";
import { type ComponentCatalog, checkFlowTypes, describeType, inferSchemas } from "../../../src/core/types/index.ts";
import { flowCatalog } from "./flow-catalog.ts";

const folder = new URL("./golden/", import.meta.url);
const documents = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

describe("TYPE-1 … TYPE-15: golden flows", () => {
  test.each(documents)("%s", async (name) => {
    const { flow, diagnostics, source } = parseFlow(readFileSync(new URL(name, folder), "utf8"));
    expect(diagnostics).toEqual([]);
    if (flow === undefined) throw new Error("the flow cannot be read");
    const catalog: ComponentCatalog = flowCatalog(flow);
    const types = checkFlowTypes(flow, { catalog, strict: true });
    const found = locateDiagnostics(types.diagnostics, source);
    for (const { line, hint, message } of found) {
      expect(line, message).toBeGreaterThan(0);
      expect(hint, message).toMatch(/.{10}/);
    }
    // TYPE-11: what cannot be decided is told only when asked for.
    expect(checkFlowTypes(flow, { catalog, strict: false }).diagnostics).toEqual(
      types.diagnostics.filter(({ code }) => code !== 1101),
    );
    const { steps, ...inferred } = inferSchemas(flow, types);
    const lines = [
      ...found,
      ...[...types.steps].map(([id, { input, expected, output }]) => ({
        step: id,
        input: describeType(input),
        expected: describeType(expected),
        output: describeType(output),
      })),
      { output: describeType(types.output) },
      { inferred: { ...inferred, steps: Object.fromEntries(steps) } },
    ].map((line) => JSON.stringify(line));
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`./golden/${name}.expected.jsonl`);
  });
});
