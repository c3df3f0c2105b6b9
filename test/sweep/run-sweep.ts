/** `npm run sweep [-- --flow F]`: every single fault at every place of every flow, each played alone. */
import { parseArgs } from "node:util";
import { readCorpus } from "./corpus.ts";
import { sweep } from "./sweep.ts";

const { values } = parseArgs({ options: { flow: { type: "string" } } });

const { flows, leftOut } = readCorpus();
const chosen = flows.filter(({ name }) => values.flow === undefined || name === values.flow);
if (chosen.length === 0) {
  console.error(`there is no flow ${values.flow}; there are: ${flows.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
if (leftOut.length > 0) console.log(`left out, no valid flow: ${leftOut.length} files`);
const startedAt = performance.now();
let [points, passed] = [0, 0];
for (const flow of chosen) {
  for (const eventsPerTurn of [1, 256]) {
    const report = await sweep(flow, eventsPerTurn);
    points += Math.max(report.points, report.failures.length);
    passed += Math.max(report.points, report.failures.length) - report.failures.length;
    const rows = eventsPerTurn === 1 ? "row by row" : "turn by turn";
    console.log(
      `${flow.name}, ${rows}: ${report.points} points, ${report.failures.length} failed, ${report.timedOut} of them time-outs that its onError decides`,
    );
    for (const failure of report.failures)
      console.error(`${failure}\nplay it again: npm run sweep -- --flow ${flow.name}`);
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(`${points} points of ${chosen.length} flows, ${passed} passed, ${points - passed} failed, ${seconds} s`);
process.exit(passed === points ? 0 : 1);
