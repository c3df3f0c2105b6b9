/** A bounded, seeded share of `npm run fuzz`: the same inputs every time. */
import { expect, test } from "vitest";
import { hashText } from "../simulation/prng.ts";
import { playCase } from "./play-case.ts";
import { TARGETS } from "./targets.ts";

test.each([
  ["SIM-10", "parser", 500],
  ["SIM-10", "config", 300],
  ["SIM-11", "expressions", 1_500],
  ["SIM-11", "paths", 3_000],
  ["SIM-12", "worker-answers", 500],
  ["SIM-12", "event-streams", 400],
  ["SIM-12", "mcp-answers", 250],
  ["SIM-12", "sdk-http", 800],
  ["SIM-12", "sdk-stdio", 300],
  ["SIM-13", "api", 400],
] as const)("%s %s: %i inputs are read or refused, and none takes long", async (_, name, count) => {
  const target = await TARGETS[name]?.();
  if (!target) throw new Error(`no target ${name}`);
  try {
    for (let index = 0; index < count; index++)
      expect(await playCase(target, hashText(`test/${name}/${index}`) >>> 1)).toBeUndefined();
  } finally {
    await target.close?.();
  }
});
