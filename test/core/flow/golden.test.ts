/**
 * Golden files: beside each document in `golden/` lies what reading and validating it says, one finding a line, with its
 * position, then the canonical flow. To accept a
 * changed outcome after looking at it: `vitest run -u`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  canonicalFlowText,
  locateDiagnostics,
  parseFlow,
  serializeFlow,
  validateFlow,
} from "../../../src/core/flow/index.ts";

const folder = new URL("./golden/", import.meta.url);
const documents = readdirSync(folder).filter((name) => !name.endsWith(".expected.jsonl"));

describe("FLOW-1 … FLOW-12: golden documents (FLOW-10 validation, FLOW-11 references, FLOW-20 caches among them)", () => {
  test.each(documents)("%s", async (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    const { flow, diagnostics, source } = parseFlow(text, { format: name.endsWith(".jsontext") ? "json" : "yaml" });
    const validation = flow ? locateDiagnostics(validateFlow(flow), source) : [];
    const found = [...diagnostics, ...validation];
    for (const { line, column, message, hint } of found) {
      expect(line, message).toBeGreaterThan(0);
      expect(column, message).toBeGreaterThan(0);
      expect(hint, message).toMatch(/.{10}/);
    }
    expect(flow === undefined).toBe(diagnostics.some(({ level }) => level === "fatal"));
    const lines = [...found, ...(flow ? [{ flow: serializeFlow(flow) }] : [])].map((line) => JSON.stringify(line));
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`./golden/${name}.expected.jsonl`);

    if (flow === undefined) return;
    const canonical = canonicalFlowText(flow);
    const again = parseFlow(canonical, { format: "json" });
    expect(again.flow && canonicalFlowText(again.flow)).toBe(canonical);
    expect(again.flow).toEqual(flow);
    expect(again.diagnostics.filter(({ kind }) => kind === "olderForm" || kind === "unknownKey")).toEqual([]);
  });
});
