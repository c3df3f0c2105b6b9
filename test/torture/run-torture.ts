/** `npm run torture -- --kills N --runs M --seed S`: kills the orchestrator N times while M runs are alive; 1 on a violation. */
import { parseArgs } from "node:util";
import { childrenRunning } from "./child-process.ts";
import { summaryOf, torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [kills, runs, seed] = [Number(values.kills), Number(values.runs), Number(values.seed)];
if (![kills, runs, seed].every((value) => Number.isSafeInteger(value) && value >= 0) || runs === 0) {
  console.error("--kills, --runs and --seed take whole numbers, for example --kills 200 --runs 100 --seed 1");
  process.exit(2);
}
// Whoever breaks it off leaves nothing running.
process.once("SIGINT", () => {
  for (const program of ["workerd", "node"]) for (const pid of childrenRunning(program)) process.kill(pid, "SIGKILL");
  process.exit(130);
});
const startedAt = performance.now();
const report = await torture({ kills, runs, seed, log: (line) => console.error(`torture: ${line}`) });
for (const violation of report.violations.slice(0, 50)) console.error(`violation: ${violation}`);
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
console.log(`torture: ${summaryOf(report)}; ${seconds} s; --kills ${kills} --runs ${runs} --seed ${seed}`);
process.exit(report.violations.length > 0 ? 1 : 0);
