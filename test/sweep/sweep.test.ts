import { expect, it } from "vitest";
import { readCorpus } from "./corpus.ts";
import { sweep } from "./sweep.ts";

const { flows } = readCorpus();

/** Turn by turn, as the object writes; `npm run sweep` plays every row as a write of its own too. */
it.each(flows.map((flow, index) => ({ flow, title: `${flow.name} (${index + 1})` })))(
  "SIM-30 any single fault at any place of $title is without consequence",
  async ({ flow }) => {
    const report = await sweep(flow, 256);
    expect(report.failures).toEqual([]);
    expect(report.points).toBeGreaterThan(0);
  },
);
