import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../exit-code.ts";
import { shownPath } from "../input/read-source.ts";

/** Flow documents under the given paths, sorted: `.yaml` and `.yml` in folders, a path named itself whatever it is called. */
export async function findTestFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) throw invalid(`${path}: there is no such file or folder`);
    if (info.isDirectory()) for (const file of await flowsIn(path)) found.add(file);
    else found.add(shownPath(path));
  }
  return [...found].sort();
}

async function flowsIn(directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) files.push(...(await flowsIn(path)));
    else if (/\.ya?ml$/i.test(entry.name)) files.push(shownPath(path));
  }
  return files;
}
