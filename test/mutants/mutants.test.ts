import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { plant } from "./plant.ts";

it("SIM-31 plants each bug of the list in the sources as they are", () => {
  for (const mutant of MUTANTS) {
    const text = readFileSync(join(import.meta.dirname, "../../src", mutant.file), "utf8");
    expect(plant(mutant, text)).not.toBe(text);
  }
});
