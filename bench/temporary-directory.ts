import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();
process.on("exit", () => {
  for (const directory of made) removeDirectory(directory);
});

/** A new directory that is removed with the process at the latest, also after an interrupt. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "stepflow-bench-"));
  made.add(directory);
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  made.delete(directory);
}
