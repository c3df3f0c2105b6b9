import { describe, expect, it } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { Journal } from "../../src/core/ports/journal.ts";
import { StepRecords } from "../../src/core/run/step-record.ts";
import { RunQueries } from "../../src/run/run-queries.ts";
import { MemoryRun } from "../support/memory-run.ts";

const FLOW = `
steps:
  - { id: a, component: /w/x, input: { $input: $ }, compensate: { component: /w/undo } }
  - { id: e, component: /w/x, foreach: [1, 2], input: { $item: $ }, skip: { $input: $ } }
  - { id: c, component: /w/x, input: [{ $step: a }, { $step: e, onSkip: { action: useDefault } }] }
output: { $step: c }`;
const ITEMS = 1_500;

/** Counts the rows that are read. */
function counted(journal: Journal): { readonly journal: Journal; rows: number } {
  const counter = {
    rows: 0,
    journal: new Proxy(journal, {
      get(target, name) {
        if (name !== "read") return Reflect.get(target, name).bind(target);
        return (...args: Parameters<Journal["read"]>) => {
          const rows = target.read(...args);
          counter.rows += rows.length;
          return rows;
        };
      },
    }),
  };
  return counter;
}

function answerSome(run: MemoryRun, count: number): void {
  for (let done = 0; done < count; done++) {
    const call = run.calls[done % 3] ?? run.calls[0];
    if (!call) return;
    if (done % 7 === 6) run.fail(call, "INVALID_INPUT");
    else run.succeed(call, done);
  }
}

describe("pages of step records", () => {
  it("RUN-142 are those of the whole journal, at any moment, with any filter, and read a bounded number of rows", async () => {
    const inputs = Array.from({ length: ITEMS }, (_, n) => n % 3 === 0);
    const run = MemoryRun.start(FLOW, {
      inputs,
      maxConcurrency: 20,
      settings: { chunks: { from: 1e9, items: 1, characters: 1, share: 1 } },
    });
    const counter = counted(run.journal);
    const queries = new RunQueries(counter.journal, new MemoryBlobStore());
    const [root] = run.engine.tree.runs;
    if (!root) throw new Error("no run");
    for (let round = 0; round < 4; round++) {
      answerSome(run, round === 3 ? Number.POSITIVE_INFINITY : 800);
      for (const filter of [{}, { itemIndex: 31 }, { stepId: "c" }, { itemIndex: 5, stepId: "a" }] as {
        itemIndex?: number;
        stepId?: string;
      }[]) {
        const { itemIndex, stepId } = filter;
        const fold = new StepRecords(run.engine.tree, root, {
          itemIndex,
          stepIndex: stepId === undefined ? undefined : root.plan.indexOf.get(stepId),
        });
        for (const entry of run.entries) fold.add(entry);
        const all = fold
          .list()
          .map(({ itemIndex: item, stepId: id, status, journalSeqno }) => [item, id, status, journalSeqno]);
        for (const offset of [0, 1, 500, all.length - 3, all.length]) {
          if (offset < 0) continue;
          const page = await queries.steps(
            run.engine.tree,
            root,
            { itemIndex, stepId },
            { offset, limit: 50, includeOutputs: false },
          );
          expect(
            page.map(({ itemIndex: item, stepId: id, status, journalSeqno }) => [item, id, status, journalSeqno]),
          ).toEqual(all.slice(offset, offset + 50));
        }
      }
    }
    expect(run.status).toBe("failed");
    counter.rows = 0;
    await queries.steps(
      run.engine.tree,
      root,
      { itemIndex: undefined, stepId: undefined },
      { offset: 2_000, limit: 50, includeOutputs: false },
    );
    expect(run.entries.length).toBeGreaterThan(8_000);
    expect(counter.rows).toBeLessThanOrEqual(4_000);
  });
});
