/**
 * `npm run mutants [-- --only WORD] [--seeds N]`: plants each bug in a copy of the sources and hunts for it, two at a time. Fails if
 * one survives, or does not apply any more.
 */
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants.ts";
import { type Hunt, Plantation } from "./plant.ts";

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, seeds: { type: "string", default: "3000" } },
});
const AT_ONCE = 2;

const chosen = MUTANTS.filter(({ name, rule, file }) => `${name} ${rule} ${file}`.includes(values.only));
const seeds = Number(values.seeds);
const startedAt = performance.now();
const plantations = Array.from({ length: AT_ONCE }, () => new Plantation());
const hunts = new Map<string, Hunt | Error>();
try {
  const sound = await plantations[0]?.hunt(undefined, seeds);
  if (sound?.kind !== "survived") {
    console.error(`the sources break a rule before anything is planted: ${JSON.stringify(sound)}`);
    process.exit(2);
  }
  const queue = [...chosen];
  await Promise.all(
    plantations.map(async (plantation) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const hunt = await plantation.hunt(mutant, seeds).catch((error: Error) => error);
        hunts.set(mutant.name, hunt);
        const told =
          hunt instanceof Error ? hunt.message : hunt.kind === "caught" ? `${hunt.by}: ${hunt.failure}` : "SURVIVED";
        console.log(`${mutant.rule.padEnd(8)} ${mutant.name}\n         ${told}`);
      }
    }),
  );
} finally {
  for (const plantation of plantations) plantation.remove();
}
const caught = [...hunts.values()].filter((hunt) => !(hunt instanceof Error) && hunt.kind === "caught").length;
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `${chosen.length} planted, ${caught} caught (${((100 * caught) / chosen.length).toFixed(0)} %), ${seconds} s`,
);
process.exit(caught === chosen.length ? 0 : 1);
