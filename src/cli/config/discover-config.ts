import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { invalid } from "../exit-code.ts";

/** What is looked for, in this order: `test` files only by `stepflow test`. */
export const CONFIG_NAMES = [
  "stepflow-config.yml",
  "stepflow-config.yaml",
  "stepflow_config.yml",
  "stepflow_config.yaml",
] as const;
export const TEST_CONFIG_NAMES = [
  "stepflow-config.test.yml",
  "stepflow-config.test.yaml",
  "stepflow_config.test.yml",
  "stepflow_config.test.yaml",
] as const;

/** The configuration file of the first directory that has one; two in one directory are refused (exit 2). */
export function discoverConfig(
  directories: readonly string[],
  names: readonly string[] = CONFIG_NAMES,
): string | undefined {
  for (const directory of directories) {
    const found = names.map((name) => join(directory, name)).filter((path) => existsSync(path));
    if (found.length > 1) {
      throw invalid(
        `more than one configuration in ${relative(process.cwd(), directory) || "."}: ${found.map((path) => path.slice(directory.length + 1)).join(", ")}`,
        "keep one of them, or name the one to use with --config",
      );
    }
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}
