import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync("docs/guarantees.md", "utf8");
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts;

test("every promise names rules that exist, and what holds it", () => {
  const spec = readFileSync("src/core/SPEC.md", "utf8");
  const rules = page.match(/\b(?:FLOW|EXPR|RUN|CONF|SIM)-\d+/g) ?? [];
  expect(rules.length).toBeGreaterThan(30);
  for (const rule of rules) expect(spec, rule).toMatch(new RegExp(`\\*\\*${rule}\\b`));
});

test("commands and folders on the page are there", () => {
  for (const [, script] of page.matchAll(/`npm run ([\w-]+)/g)) expect(Object.keys(scripts)).toContain(script);
  for (const [, folder] of page.matchAll(/`(test\/[\w/-]+)`/g)) expect(existsSync(folder ?? ""), folder).toBe(true);
});
