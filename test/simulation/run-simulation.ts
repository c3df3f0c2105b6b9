/**
 * `npm run simulate -- --seeds N --from S [--verbose]`: plays N seeds, each twice, and stops at the first that breaks a rule.
 */
import { parseArgs } from "node:util";
import { playSeed } from "./play-seed.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    /** Prints the run and its journal. */
    verbose: { type: "boolean", default: false },
    "keep-going": { type: "boolean", default: false },
  },
});

const [from, count] = [Number(values.from), Number(values.seeds)];
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || count < 1) {
  console.error("--seeds and --from take whole numbers, for example --seeds 1000 --from 1");
  process.exit(2);
}

const startedAt = performance.now();
let events = 0;
let failures = 0;
for (let seed = from; seed < from + count; seed++) {
  const played = await playSeed(seed);
  events += played.report?.entries.length ?? 0;
  if (values.verbose) {
    console.log(JSON.stringify({ run: played.report?.run, faults: played.report?.faults }, null, 1));
    for (const entry of played.report?.entries ?? []) console.log(JSON.stringify(entry));
  }
  if (played.failure) {
    failures += 1;
    console.error(played.failure);
    if (!values["keep-going"]) process.exit(1);
  }
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${count} seeds from ${from}, each played twice: ${failures} failed, ${events} events, ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} seeds/s`,
);
process.exit(failures > 0 ? 1 : 0);
