/**
 * The run index on D1: a searchable copy of what the runs' objects report.
 * Owns the tables `runs` and `run_labels`. Values cross its border, SQL does not.
 * Invariants: a report never overwrites a newer one. Newer is a later creation (an idempotency key used again after its run was
 * deleted starts a second life under the same id, counting from 1), then a higher version. A deleted run leaves a tombstone for a
 * day, so that a report still on its way cannot bring it back. Labels are found only through the life they belong to.
 */
import type { D1Database } from "@cloudflare/workers-types";
import type { RunIndex, RunPage, RunQuery, RunReport } from "../core/ports/run-index.ts";
import type { Namespace } from "../protocol/ids.ts";
import { formatCursor } from "../protocol/list-cursor.ts";
import type { RunSummary } from "../protocol/run.ts";
import { ensureIndexSchema } from "./d1-migrations.ts";
import { runListQuery } from "./run-list-query.ts";

const TOMBSTONE_MS = 24 * 60 * 60 * 1000;
/** Well under D1's 2 MB for one bound string. */
const MAX_BATCH_CHARS = 500_000;

interface ListedRow {
  readonly summary: string;
  readonly created_at: number;
  readonly run_id: string;
}

export class D1RunIndex implements RunIndex {
  readonly #db: D1Database;
  readonly #now: () => number;

  constructor(db: D1Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async report(namespace: Namespace, reports: readonly RunReport[]): Promise<void> {
    await ensureIndexSchema(this.#db);
    for (const rows of this.#batches(newestOfEach(reports))) await this.#write(namespace, rows);
  }

  /** Newest first. `query.cursor` must come from a former page. */
  async list(namespace: Namespace, query: RunQuery): Promise<RunPage> {
    await ensureIndexSchema(this.#db);
    const { sql, parameters } = runListQuery(namespace, query);
    const { results } = await this.#db
      .prepare(sql)
      .bind(...parameters)
      .all<ListedRow>();
    const rows = results.slice(0, query.limit);
    const last = rows.at(-1);
    return {
      runs: rows.map((row) => JSON.parse(row.summary) as RunSummary),
      ...(last && results.length > query.limit
        ? { nextCursor: formatCursor({ at: last.created_at, id: last.run_id }) }
        : {}),
    };
  }

  /** The rows as JSON texts of bounded size: one statement takes a whole batch as one parameter. */
  *#batches(reports: Iterable<RunReport>): Generator<string> {
    const now = this.#now();
    let rows: string[] = [];
    let size = 0;
    for (const { runId, version, summary } of reports) {
      const row = JSON.stringify(
        summary
          ? { runId, version, createdAt: Date.parse(summary.createdAt), summary }
          : { runId, version, createdAt: now, deletedAt: now },
      );
      if (size + row.length > MAX_BATCH_CHARS && rows.length > 0) {
        yield `[${rows.join(",")}]`;
        rows = [];
        size = 0;
      }
      rows.push(row);
      size += row.length;
    }
    if (rows.length > 0) yield `[${rows.join(",")}]`;
  }

  async #write(namespace: Namespace, rows: string): Promise<void> {
    await this.#db.batch([
      // The labels of lives about to end, while their summaries still tell which.
      this.#db
        .prepare(
          `DELETE FROM run_labels WHERE (ns, key, value, created_at, run_id) IN (
            SELECT r.ns, l.key, l.value, r.created_at, r.run_id
            FROM json_each(?2) AS n
            CROSS JOIN runs AS r ON r.ns = ?1 AND r.run_id = n.value ->> 'runId'
            CROSS JOIN json_each(r.summary, '$.labels') AS l
            WHERE r.summary IS NOT NULL AND CASE WHEN n.value ->> 'deletedAt' IS NULL
              THEN n.value ->> 'createdAt' > r.created_at
              ELSE n.value ->> 'version' > r.version END)`,
        )
        .bind(namespace, rows),
      // A tombstone does not know when its run was created: it keeps that of the row, so that a next life is seen as later.
      this.#db
        .prepare(
          `INSERT INTO runs (ns, run_id, version, created_at, deleted_at, summary)
          SELECT ?1, n.value ->> 'runId', n.value ->> 'version', n.value ->> 'createdAt', n.value ->> 'deletedAt', n.value -> 'summary'
          FROM json_each(?2) AS n WHERE true
          ON CONFLICT (ns, run_id) DO UPDATE SET
            version = excluded.version, deleted_at = excluded.deleted_at, summary = excluded.summary,
            created_at = iif(excluded.deleted_at IS NULL, excluded.created_at, runs.created_at)
          WHERE iif(excluded.deleted_at IS NULL,
            (excluded.created_at, excluded.version) > (runs.created_at, runs.version), excluded.version > runs.version)`,
        )
        .bind(namespace, rows),
      this.#db
        .prepare(
          `INSERT OR IGNORE INTO run_labels (ns, key, value, created_at, run_id)
          SELECT r.ns, l.key, l.value, r.created_at, r.run_id
          FROM json_each(?2) AS n
          CROSS JOIN runs AS r ON r.ns = ?1 AND r.run_id = n.value ->> 'runId' AND r.version = n.value ->> 'version'
          CROSS JOIN json_each(r.summary, '$.labels') AS l`,
        )
        .bind(namespace, rows),
      this.#db.prepare("DELETE FROM runs WHERE deleted_at < ?").bind(this.#now() - TOMBSTONE_MS),
    ]);
  }
}

/** A batch names each run once: SQLite would otherwise judge the second against the first's row, in no fixed order. */
function newestOfEach(reports: readonly RunReport[]): Iterable<RunReport> {
  const newest = new Map<string, RunReport>();
  for (const report of reports) {
    const known = newest.get(report.runId);
    if (!known || report.version > known.version) newest.set(report.runId, report);
  }
  return newest.values();
}
