/** A copy of the sources in which one bug at a time is planted, and the hunt for it in a process of its own. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["package.json", "src", "flows", "test/simulation", "test/sweep", "test/support", "test/mutants"];
/** A hunt that takes longer hangs in the bug: a test would, too. */
const LONGEST_HUNT_MS = 300_000;

export type Hunt =
  | { readonly kind: "caught"; readonly by: string; readonly failure: string }
  | { readonly kind: "survived" };

export class Plantation {
  readonly #folder = mkdtempSync(join(tmpdir(), "stepflow-mutants-"));

  constructor() {
    for (const path of COPIED) cpSync(join(ROOT, path), join(this.#folder, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(this.#folder, "node_modules"));
  }

  /** Hunts in the unchanged copy if there is no mutant. Throws if it cannot be planted. */
  async hunt(mutant: Mutant | undefined, seeds: number): Promise<Hunt> {
    if (!mutant) return this.#play(seeds);
    const path = join(this.#folder, "src", mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, plant(mutant, text));
    try {
      return await this.#play(seeds);
    } finally {
      writeFileSync(path, text);
    }
  }

  #play(seeds: number): Promise<Hunt> {
    const script = join(this.#folder, "test/mutants/hunt.ts");
    const child = spawn(process.execPath, [script, "--seeds", String(seeds)], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LONGEST_HUNT_MS,
      killSignal: "SIGKILL",
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        if (code === 0) resolve({ kind: "survived" });
        else if (signal === "SIGKILL")
          resolve({ kind: "caught", by: "time", failure: "the hunt does not come to an end" });
        else if (output.startsWith("{")) resolve({ kind: "caught", ...JSON.parse(output) });
        else reject(new Error(`the hunt itself broke:\n${errors}`));
      });
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The source with the bug in it. */
export function plant({ name, file, find, replace }: Mutant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) {
    throw new Error(`'${name}' cannot be planted: its place stands ${places} times in src/${file}. Write it anew.`);
  }
  return text.replace(find, () => replace);
}
