import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureIndexSchema } from "../../src/index-store/d1-migrations.ts";
import { D1RunIndex } from "../../src/index-store/d1-run-index.ts";
import { runListQuery } from "../../src/index-store/run-list-query.ts";
import { openLocalD1 } from "./local-d1.ts";
import { describeRunIndex, freshNamespace, runId, runSummary } from "./run-index-contract.ts";

let local: Awaited<ReturnType<typeof openLocalD1>>;
beforeAll(async () => {
  local = await openLocalD1();
});
afterAll(() => local.dispose());

describeRunIndex("the run index on D1", () => ({
  index: new D1RunIndex(local.db, Date.now),
  settle: () => Promise.resolve(),
}));

test("a tombstone is forgotten after a day", async () => {
  const namespace = freshNamespace();
  let now = Date.now();
  const index = new D1RunIndex(local.db, () => now);
  const tombstones = () =>
    local.db.prepare("SELECT count(*) AS n FROM runs WHERE ns = ? AND summary IS NULL").bind(namespace).first("n");
  await index.report(namespace, [{ runId: runId(1), version: 1, summary: undefined }]);
  now += 23 * 60 * 60 * 1000;
  await index.report(namespace, [{ runId: runId(2), version: 1, summary: runSummary(2) }]);
  expect(await tombstones()).toBe(1);
  now += 2 * 60 * 60 * 1000;
  await index.report(namespace, [{ runId: runId(3), version: 1, summary: runSummary(3) }]);
  expect(await tombstones()).toBe(0);
});

test("searches walk an index, without sorting", async () => {
  const namespace = freshNamespace();
  const queries = [
    {},
    { rootsOnly: false },
    { status: "running" as const },
    { flowId: "a".repeat(64) },
    { flowName: "f" },
    { rootRunId: runId(1) },
    { parentRunId: runId(1) },
    { labels: { a: "b" } },
    { cursor: `1700000000000_${runId(1)}`, createdFrom: 1 },
  ];
  for (const query of queries) {
    const { sql, parameters } = runListQuery(namespace, { limit: 10, ...query });
    const plan = await local.db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...parameters)
      .all<{ detail: string }>();
    const steps = plan.results.map((row) => row.detail).join("; ");
    expect(steps, JSON.stringify(query)).toMatch(/^SEARCH/);
    expect(steps, JSON.stringify(query)).not.toMatch(/TEMP B-TREE|SCAN/);
  }
});

test("isolates that come first at the same time agree on one schema", async () => {
  const fresh = await openLocalD1();
  try {
    // A handle each, as isolates have.
    const handles = [1, 2, 3].map(
      () =>
        ({
          prepare: (sql: string) => fresh.db.prepare(sql),
          batch: (statements: D1PreparedStatement[]) => fresh.db.batch(statements),
        }) as unknown as D1Database,
    );
    await Promise.all(handles.map((db) => ensureIndexSchema(db)));
    expect(await fresh.db.prepare("SELECT count(*) = max(version) AS n FROM index_migrations").first("n")).toBe(1);
    expect(await fresh.db.prepare("SELECT count(*) AS n FROM runs").first("n")).toBe(0);
  } finally {
    await fresh.dispose();
  }
});
