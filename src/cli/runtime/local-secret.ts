import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What a local orchestrator signs the capabilities of its workers with. Kept beside its state, readable by its owner only, so that
 * tasks which workers have taken over can still be reported after a restart; without a state folder it lasts as long as the process.
 */
export async function localSecret(stateDirectory: string | undefined): Promise<string> {
  const fresh = randomBytes(32).toString("hex");
  if (stateDirectory === undefined) return fresh;
  const path = join(stateDirectory, "secret");
  try {
    await writeFile(path, fresh, { mode: 0o600, flag: "wx" });
    return fresh;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return readFile(path, "utf8");
    throw error;
  }
}
