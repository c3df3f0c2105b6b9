/** SIM-25: journals of earlier commits go on under today's engine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { TaskAddress } from "../../src/core/run/event.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import type { BlobId } from "../../src/protocol/ids.ts";
import { MemoryRun } from "../support/memory-run.ts";
import { nodeSqliteDatabase } from "../support/node-sqlite-database.ts";
import type { Fixture } from "./fixture.ts";
import { SCENARIOS, type Scenario, work } from "./scenarios.ts";

const FOLDER = fileURLToPath(new URL("fixtures", import.meta.url));
const FIXTURES = readdirSync(FOLDER).flatMap((commit) =>
  readdirSync(join(FOLDER, commit)).map((file) => ({ commit, file, name: `${commit} ${file.replace(".json", "")}` })),
);
/** Turns of the clock and the workers that any of the runs needs at most. */
const MAX_ROUNDS = 100;

describe.each(FIXTURES)("the journal of $name", ({ commit, file }) => {
  const fixture: Fixture = JSON.parse(readFileSync(join(FOLDER, commit, file), "utf8"));
  const scenario = SCENARIOS.find(({ name }) => name === fixture.scenario);
  if (!scenario) throw new Error(`there is no scenario ${fixture.scenario}`);

  test("SIM-25 goes on to the right end, and nothing that was done is done again", async () => {
    const run = await resume(fixture);
    const done = new Set(run.entries.flatMap(({ event }) => (event.kind === "step_completed" ? [keyOf(event)] : [])));
    expectLostCallsAgain(run, fixture);
    for (let round = 0; run.status === "running" && round < MAX_ROUNDS; round++) {
      const [call] = run.calls;
      if (call) {
        expect(done.has(keyOf(call.task)), `${keyOf(call.task)} was completed before the upgrade`).toBe(false);
        run.succeed(call, work(call));
      } else if (!reportHandedOver(run, scenario)) {
        run.advance(Math.max(0, (run.dueAt ?? run.now) - run.now));
      }
    }
    expect(run.status).toBe(scenario.status);
    expect(run.results()).toEqual(scenario.results);
    expect(run.calls).toEqual([]);
  });

  test("SIM-25 goes on to the right end over a restart at every step of the way", async () => {
    const run = await resume(fixture);
    for (let round = 0; run.status === "running" && round < MAX_ROUNDS; round++) {
      const [call] = run.calls;
      if (call) run.succeed(call, work(call));
      else if (!reportHandedOver(run, scenario)) run.advance(Math.max(0, (run.dueAt ?? run.now) - run.now));
      await run.reload();
    }
    expect(run.status).toBe(scenario.status);
    expect(run.results()).toEqual(scenario.results);
  });
});

/** The journal as SQLite had it, under today's adapter and engine. */
async function resume(fixture: Fixture): Promise<MemoryRun> {
  const database = new DatabaseSync(":memory:");
  for (const statement of fixture.schema) database.exec(statement);
  for (const [table, rows] of Object.entries(fixture.rows)) {
    for (const row of rows) {
      const columns = Object.keys(row);
      database
        .prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
        .run(...Object.values(row));
    }
  }
  const { sql, transaction } = nodeSqliteDatabase(database);
  const run = new MemoryRun({ journal: new SqliteJournal(sql, transaction) });
  for (const [id, blob] of Object.entries(fixture.blobs)) run.blobs.set(id as BlobId, blob);
  run.now = fixture.now;
  await run.reload();
  return run;
}

/** What was under way is sent again under its key, with the next number. */
function expectLostCallsAgain(run: MemoryRun, fixture: Fixture): void {
  const again = new Map(run.calls.map(({ task, call }) => [keyOf(task), call]));
  for (const { task, attempt, idempotencyKey } of fixture.calls) {
    const isHandedOver = run.entries.some(
      ({ event }) => event.kind === "attempt_handed_over" && keyOf(event) === keyOf(task) && event.attempt === attempt,
    );
    const call = again.get(keyOf(task));
    if (run.status !== "running" || isHandedOver) expect(call).toBeUndefined();
    else expect(call).toMatchObject({ attempt: attempt + 1, idempotencyKey });
  }
}

/** The worker that took a task over reports. True if there was one. */
function reportHandedOver(run: MemoryRun, scenario: Scenario): boolean {
  const event = run.entries.findLast(({ event }) => event.kind === "attempt_handed_over")?.event;
  if (scenario.name !== "handed-over" || event?.kind !== "attempt_handed_over") return false;
  const { attempt, run: ordinal, item, step } = event;
  const outcome = { kind: "success", value: { kind: "inline", json: { x: 3 } } } as const;
  const before = run.entries.length;
  run.post({ kind: "settle_attempt", task: { run: ordinal, item, step }, attempt, outcome, digest: "d" });
  return run.entries.length > before;
}

function keyOf({ run, item, step, element, undo }: TaskAddress): string {
  return `${run}/${item}/${undo ? "undo/" : ""}${step}/${element ?? ""}`;
}
