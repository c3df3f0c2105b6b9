import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { stepflow } from "../support/stepflow-cli.ts";

const folder = fileURLToPath(new URL("../../../shared/conformance", import.meta.url));

/** Why there is nothing to test against; undefined when there is. */
export const conformanceIsAbsent = existsSync(folder)
  ? undefined
  : "the reference's flows are not beside the project, at ../shared/conformance";

const document = z.object({ test: z.object({ cases: z.array(z.unknown()) }).optional() });

/** Runs the test cases of these paths as a user does, and expects every one of them to pass. */
export async function expectConformance(paths: readonly string[], config?: string): Promise<void> {
  const flows = paths.map((path) => join(folder, path));
  const expected = flows.flatMap(documentsIn).reduce((count, file) => count + casesOf(file), 0);
  expect(expected).toBeGreaterThan(0);
  const { code, stdout, stderr } = await stepflow([
    "test",
    ...flows,
    ...(config === undefined ? [] : ["--config", config]),
  ]);
  expect({ code, stdout, stderr }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${expected} test(s) passed, ${expected}/${expected} `),
  });
}

/** Below the folder: the documents with test cases that none of these paths holds. */
export function untested(paths: readonly string[]): readonly string[] {
  return documentsIn(folder)
    .filter((file) => casesOf(file) > 0)
    .map((file) => relative(folder, file))
    .filter((file) => !paths.some((path) => file === path || file.startsWith(`${path}/`)));
}

function documentsIn(path: string): readonly string[] {
  if (/\.ya?ml$/.test(path)) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(path, name));
}

function casesOf(file: string): number {
  // What is only a configuration has no cases.
  return document.safeParse(parse(readFileSync(file, "utf8"), { logLevel: "silent" })).data?.test?.cases.length ?? 0;
}
