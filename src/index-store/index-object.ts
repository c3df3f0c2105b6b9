/**
 * One shard of the run index: a Durable Object that gathers reports and writes them to D1 in batches.
 * Owns: its SQLite table `pending`, the newest report of each run not yet in D1; its one alarm, due when there is something to write.
 * Crosses its border: `report` (a value, answered once it is durable here), batches to the run index in D1.
 * Invariants: a row leaves `pending` only after D1 has it or a newer one; while a row is there, an alarm is set or being handled;
 * a run that reports often between two batches is written once; a failing D1 delays the alarm, it never loses a row.
 */
import { DurableObject } from "cloudflare:workers";
import type { D1Database } from "@cloudflare/workers-types";
import type { RunReport } from "../core/ports/run-index.ts";
import type { Namespace } from "../protocol/ids.ts";
import { D1RunIndex } from "./d1-run-index.ts";

/** From the first report of a batch to its writing. */
const BATCH_WINDOW_MS = 200;
const BATCH_ROWS = 500;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;

interface IndexEnv {
  readonly DB: D1Database;
}
interface PendingRow extends Record<string, SqlStorageValue> {
  readonly ns: string;
  readonly run_id: string;
  readonly version: number;
  readonly report: string;
}

/** What the rest of the product may call on an index object. */
export interface IndexObjectApi {
  report(namespace: Namespace, reports: readonly RunReport[]): Promise<void>;
}

export class IndexObject extends DurableObject<IndexEnv> implements IndexObjectApi {
  readonly #index: D1RunIndex;
  #armed = false;
  #failures = 0;

  constructor(context: DurableObjectState, env: IndexEnv) {
    super(context, env);
    this.#index = new D1RunIndex(env.DB, Date.now);
    context.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS pending (
        ns TEXT NOT NULL, run_id TEXT NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL, report TEXT NOT NULL,
        PRIMARY KEY (ns, run_id)
      ) WITHOUT ROWID`,
    );
  }

  /** Durable when it answers (the output gate holds the reply); idempotent. */
  async report(namespace: Namespace, reports: readonly RunReport[]): Promise<void> {
    for (const report of reports) this.#keepIfNewer(namespace, report);
    await this.#arm(this.#failures === 0 ? BATCH_WINDOW_MS : this.#retryDelay());
  }

  /** Newer as the database understands it (D1RunIndex): by creation and version, a deletion by version alone. */
  #keepIfNewer(namespace: Namespace, report: RunReport): void {
    const deleted = report.summary === undefined;
    this.ctx.storage.sql.exec(
      `INSERT INTO pending (ns, run_id, version, created_at, report) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (ns, run_id) DO UPDATE SET
        version = excluded.version, report = excluded.report,
        created_at = ${deleted ? "pending.created_at" : "excluded.created_at"}
      WHERE ${deleted ? "excluded.version > pending.version" : "(excluded.created_at, excluded.version) > (pending.created_at, pending.version)"}`,
      namespace,
      report.runId,
      report.version,
      report.summary ? Date.parse(report.summary.createdAt) : Date.now(),
      JSON.stringify(report),
    );
  }

  override async alarm(): Promise<void> {
    this.#armed = false;
    const rows = this.ctx.storage.sql
      .exec<PendingRow>("SELECT ns, run_id, version, report FROM pending LIMIT ?", BATCH_ROWS)
      .toArray();
    if (rows.length === 0) return;
    try {
      for (const [namespace, reports] of byNamespace(rows)) await this.#index.report(namespace, reports);
      this.#failures = 0;
    } catch {
      // The reports are kept and D1 is asked again; the runs themselves do not depend on it.
      this.#failures++;
      return this.#arm(this.#retryDelay());
    }
    const written = JSON.stringify(rows.map((row) => [row.ns, row.run_id, row.version]));
    this.ctx.storage.sql.exec(
      "DELETE FROM pending WHERE (ns, run_id, version) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))",
      written,
    );
    const left = this.ctx.storage.sql.exec("SELECT 1 FROM pending LIMIT 1").toArray();
    if (left.length > 0) await this.#arm(1);
  }

  #retryDelay(): number {
    return Math.min(RETRY_MIN_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS);
  }

  /** Never moves an alarm that is set: the first report of a batch decides when it is written. */
  async #arm(delayMs: number): Promise<void> {
    if (this.#armed) return;
    this.#armed = true;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + delayMs);
  }
}

function byNamespace(rows: readonly PendingRow[]): Map<Namespace, RunReport[]> {
  const groups = new Map<Namespace, RunReport[]>();
  for (const row of rows) {
    const namespace = row.ns as Namespace;
    const group = groups.get(namespace) ?? [];
    group.push(JSON.parse(row.report) as RunReport);
    groups.set(namespace, group);
  }
  return groups;
}
