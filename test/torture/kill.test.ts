/** A short share of `npm run torture`. */
import { expect, test } from "vitest";
import { summaryOf, torture } from "./torture.ts";

const KILLS = 10;

test(`SIM-20 SIM-21 L6 loses nothing and does nothing twice over ${KILLS} kills of the orchestrator and some of the worker`, async () => {
  const seed = Date.now() % 1_000_000;
  const report = await torture({ kills: KILLS, runs: 20, seed, log: () => {} });
  console.log(`torture: ${summaryOf(report)}; seed ${seed}`);
  expect(report.violations, `npm run torture -- --kills ${KILLS} --runs 20 --seed ${seed}`).toEqual([]);
  expect(report.kills).toBe(KILLS);
}, 240_000);
