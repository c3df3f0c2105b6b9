/**
 * Flow documents of others, read where they stand: the seeds and the conformance suite lie beside a development checkout and
 * are no part of it. Without that folder there is nothing to read, and the suites say so in their titles.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { canonicalFlowText, parseFlow, validateFlow } from "../../../src/core/flow/index.ts";

const shared = fileURLToPath(new URL("../../../../shared", import.meta.url));
const seeds = `${shared}/seeds/custom-components.md`;
const conformance = `${shared}/conformance`;

/** Reads, validates and re-reads; anything worse than a warning is a fault. */
function checkFlow(text: string): void {
  const { flow, diagnostics } = parseFlow(text, { format: "yaml" });
  expect(diagnostics.filter(({ level }) => level !== "info")).toEqual([]);
  expect(flow).toBeDefined();
  if (flow === undefined) return;
  expect(validateFlow(flow).filter(({ level }) => level === "fatal" || level === "error")).toEqual([]);
  const canonical = canonicalFlowText(flow);
  const again = parseFlow(canonical, { format: "json" });
  expect(again).toMatchObject({ flow, diagnostics: [] });
  expect(again.flow && canonicalFlowText(again.flow)).toBe(canonical);
}

describe.runIf(existsSync(seeds))("FLOW-1: the flows of the seeds (read when the folder is there)", () => {
  const blocks = existsSync(seeds) ? [...readFileSync(seeds, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```/gm)] : [];
  const flows = blocks.map(([, block = ""]) => block).filter((block) => /^steps:/m.test(block));

  test("there are three", () => {
    expect(flows).toHaveLength(3);
  });
  test.each(flows.map((text) => ({ name: /name: "(.*)"/.exec(text)?.[1], text })))("$name", ({ text }) => {
    checkFlow(text);
  });
  test("a foreach over [*] paths becomes $item", () => {
    const { flow } = parseFlow(flows.find((text) => text.includes("[*]")) ?? "");
    expect(JSON.stringify(flow && canonicalFlowText(flow))).not.toContain("[*]");
    expect(flow?.steps.find(({ foreach }) => foreach)?.input).toMatchObject({
      entries: expect.arrayContaining([["task_id", { kind: "item", path: ["id"] }]]),
    });
  });
});

describe.runIf(existsSync(conformance))(
  "FLOW-1: the flows of the conformance suite (read when the folder is there)",
  () => {
    const files = globSync("**/*.{yaml,yml}", { cwd: conformance }).filter(
      (file) => !file.endsWith("stepflow-config.yml"),
    );
    test.each(files)("%s", (file) => {
      checkFlow(readFileSync(`${conformance}/${file}`, "utf8"));
    });
  },
);
