import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/core/config/index.ts";

const page = readFileSync("docs/security.md", "utf8");
const deployment = readFileSync("docs/deployment.md", "utf8");
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts;

test("what protects names rules and tests that exist", () => {
  const spec = ["src/auth/SPEC.md", "src/core/SPEC.md"].map((path) => readFileSync(path, "utf8")).join("\n");
  const rules = page.match(/\b(?:AUTH|NET|ALLOW|SEC|FLOW|CONF)-\d+/g) ?? [];
  expect(rules.length).toBeGreaterThan(20);
  for (const rule of rules) expect(spec, rule).toMatch(new RegExp(`\\*\\*${rule}\\b`));
  const tests = [...page.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path]) => path ?? "");
  expect(tests.length).toBeGreaterThan(15);
  for (const path of tests) expect(existsSync(path), path).toBe(true);
});

test("the settings that the pages show are read without a finding", () => {
  const shown = [...`${page}\n${deployment}`.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
  expect(shown.length).toBeGreaterThan(1);
  for (const text of shown) {
    const settings = text.replaceAll(/^ {3}/gm, text.startsWith("   ") ? "" : "   ");
    expect(parseConfig(`plugins: {b: {type: builtin}}\n${settings}`, { deployed: true }).diagnostics).toEqual([]);
  }
});

test("the commands that the pages show are there", () => {
  for (const [, script] of `${page}\n${deployment}`.matchAll(/`npm run ([\w-]+)/g))
    expect(Object.keys(scripts)).toContain(script);
});
