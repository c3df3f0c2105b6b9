/**
 * Plays the scenarios on the engine it lies beside, and writes what they leave: `node record-fixtures.ts <folder>`. Started by
 * `make-fixtures.ts` inside a worktree of an earlier commit; a scenario that this engine does not know yet is left out.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { writeSnapshot } from "../../src/core/run/snapshot.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import { MemoryRun } from "../support/memory-run.ts";
import { nodeSqliteDatabase } from "../support/node-sqlite-database.ts";
import type { Fixture } from "./fixture.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node record-fixtures.ts <folder>");
for (const scenario of SCENARIOS) {
  try {
    writeFileSync(join(folder, `${scenario.name}.json`), `${JSON.stringify(record(scenario))}\n`);
    console.log(`recorded ${scenario.name}`);
  } catch (error) {
    console.log(`left out ${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function record(scenario: Scenario): Fixture {
  const run = MemoryRun.start(scenario.flow, scenario.inputs ? { inputs: scenario.inputs } : {});
  let snapshot: { readonly seq: number; readonly text: string } | undefined;
  scenario.play(run, () => {
    snapshot = { seq: run.engine.tree.seq, text: writeSnapshot(run.engine.tree) };
  });
  const database = new DatabaseSync(":memory:");
  const { sql, transaction } = nodeSqliteDatabase(database);
  const journal = new SqliteJournal(sql, transaction);
  journal.append(run.entries);
  if (snapshot) journal.saveSnapshot(snapshot.seq, snapshot.text);
  const tables = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all();
  return {
    scenario: scenario.name,
    now: run.now,
    schema: tables.map(({ sql }) => String(sql)),
    rows: Object.fromEntries(
      tables.map(({ name }) => [String(name), database.prepare(`SELECT * FROM ${String(name)}`).all()]),
    ) as Fixture["rows"],
    blobs: Object.fromEntries(run.blobs),
    calls: run.calls.map(({ task, call }) => ({ task, attempt: call.attempt, idempotencyKey: call.idempotencyKey })),
  };
}
