/**
 * The firings of one schedule, in its object's SQLite: a row is there before its run is started, and its key (the scheduled time,
 * or the request) is there once. Owns the table `firings`; only the newest `KEPT` that are over are kept.
 */
import type { Overlap } from "../core/schedule/index.ts";
import type { SqlDatabase } from "../journal/sql-database.ts";
import type { FIRING_CAUSES, FIRING_REASONS, FIRING_STATES, FiringView } from "../protocol/api/schedule.ts";

const KEPT = 1000;

export type FiringState = (typeof FIRING_STATES)[number];
export type FiringReason = (typeof FIRING_REASONS)[number];

/** Times are epoch milliseconds. `due_at`: when it, or the next try, is. */
export type FiringRow = {
  readonly seq: number;
  readonly key: string;
  readonly scheduled_at: number;
  readonly cause: (typeof FIRING_CAUSES)[number];
  readonly state: FiringState;
  readonly overlap: Overlap | null;
  readonly due_at: number;
  readonly attempts: number;
  readonly reason: FiringReason | null;
  readonly message: string | null;
  readonly fired_at: number | null;
  readonly run_id: string | null;
};

export interface NewFiring {
  readonly key: string;
  readonly scheduledAt: number;
  readonly cause: FiringRow["cause"];
  readonly dueAt: number;
  readonly overlap?: Overlap;
  readonly state?: "waiting" | "skipped";
  readonly reason?: FiringReason;
  readonly message?: string;
}

export class Firings {
  readonly #sql: SqlDatabase;

  constructor(sql: SqlDatabase) {
    this.#sql = sql;
  }

  create(): void {
    // `is_over`: its run has ended, as far as somebody had to know.
    this.#run(`CREATE TABLE IF NOT EXISTS firings (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, scheduled_at INTEGER NOT NULL, cause TEXT NOT NULL,
      state TEXT NOT NULL, overlap TEXT, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
      reason TEXT, message TEXT, fired_at INTEGER, run_id TEXT, is_over INTEGER NOT NULL DEFAULT 0)`);
    this.#run("CREATE INDEX IF NOT EXISTS firings_open ON firings (due_at) WHERE state IN ('waiting', 'starting')");
    this.#run("CREATE INDEX IF NOT EXISTS firings_running ON firings (seq) WHERE state = 'started' AND is_over = 0");
  }

  /** False: the key was there. */
  add({ key, scheduledAt, cause, dueAt, overlap, state = "waiting", reason, message }: NewFiring): boolean {
    const added = this.#rows<{ seq: number }>(
      `INSERT INTO firings (key, scheduled_at, cause, state, overlap, due_at, reason, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO NOTHING RETURNING seq`,
      key,
      scheduledAt,
      cause,
      state,
      overlap ?? null,
      dueAt,
      reason ?? null,
      message ?? null,
    );
    return added.length > 0;
  }

  /** Takes back one that has started nothing, so that it can be added again. */
  forgetUnstarted(key: string): void {
    this.#run("DELETE FROM firings WHERE key = ? AND state IN ('skipped', 'failed')", key);
  }

  find(key: string): FiringRow | undefined {
    return this.#rows<FiringRow>("SELECT * FROM firings WHERE key = ?", key)[0];
  }

  /** Waiting or being started, and due; those that wait for a run to end are not among them. */
  due(now: number, isHeld: boolean, limit: number): readonly FiringRow[] {
    return this.#rows<FiringRow>(
      `SELECT * FROM firings WHERE state IN ('waiting', 'starting') AND due_at <= ? AND NOT (state = 'waiting' AND reason IS NOT NULL)
      ${isHeld ? "AND NOT (state = 'waiting' AND cause = 'timetable')" : ""} ORDER BY seq LIMIT ?`,
      now,
      limit,
    );
  }

  /** The first of those that wait for a run to end. */
  headOfQueue(isHeld: boolean): FiringRow | undefined {
    return this.#rows<FiringRow>(
      `SELECT * FROM firings WHERE state = 'waiting' AND reason IS NOT NULL ${isHeld ? "AND cause <> 'timetable'" : ""} ORDER BY seq LIMIT 1`,
    )[0];
  }

  queued(): number {
    return this.#count("state = 'waiting' AND reason IS NOT NULL");
  }

  /** When the next of those that do not wait for a run is due. */
  nextDue(isHeld: boolean): number | undefined {
    const [row] = this.#rows<{ at: number | null }>(
      `SELECT min(due_at) AS at FROM firings WHERE state IN ('waiting', 'starting') AND NOT (state = 'waiting' AND reason IS NOT NULL)
      ${isHeld ? "AND NOT (state = 'waiting' AND cause = 'timetable')" : ""}`,
    );
    return row?.at ?? undefined;
  }

  isStarting(): boolean {
    return this.#count("state = 'starting'") > 0;
  }

  /** Runs that may be running, the newest first. */
  running(limit: number): readonly { readonly key: string; readonly run_id: string }[] {
    return this.#rows(
      "SELECT key, run_id FROM firings WHERE state = 'started' AND is_over = 0 ORDER BY seq DESC LIMIT ?",
      limit,
    );
  }

  /** When the run before this one was fired. */
  firedBefore(seq: number, firedAt: number): number | undefined {
    const [row] = this.#rows<{ at: number | null }>(
      "SELECT max(fired_at) AS at FROM firings WHERE state = 'started' AND seq <> ? AND fired_at <= ?",
      seq,
      firedAt,
    );
    return row?.at ?? undefined;
  }

  over(key: string): void {
    this.#run("UPDATE firings SET is_over = 1 WHERE key = ?", key);
  }

  queue(seq: number): void {
    this.#run("UPDATE firings SET reason = 'overlap' WHERE seq = ?", seq);
  }

  starting(seq: number, firedAt: number): void {
    this.#run("UPDATE firings SET state = 'starting', reason = NULL, fired_at = ? WHERE seq = ?", firedAt, seq);
  }

  tryAgain(seq: number, dueAt: number, message: string): void {
    this.#run("UPDATE firings SET due_at = ?, attempts = attempts + 1, message = ? WHERE seq = ?", dueAt, message, seq);
  }

  started(seq: number, runId: string): void {
    this.#run("UPDATE firings SET state = 'started', message = NULL, run_id = ? WHERE seq = ?", runId, seq);
  }

  skip(seq: number, reason: FiringReason): void {
    this.#run("UPDATE firings SET state = 'skipped', reason = ? WHERE seq = ?", reason, seq);
  }

  fail(seq: number, message: string): void {
    this.#run("UPDATE firings SET state = 'failed', message = ? WHERE seq = ?", message, seq);
  }

  prune(): void {
    this.#run(
      `DELETE FROM firings WHERE state IN ('started', 'skipped', 'failed') AND seq <= (SELECT max(seq) FROM firings) - ?`,
      KEPT,
    );
  }

  page(limit: number, before: number | undefined): { readonly firings: FiringView[]; readonly next?: number } {
    const rows = this.#rows<FiringRow>(
      "SELECT * FROM firings WHERE seq < ? ORDER BY seq DESC LIMIT ?",
      before ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    );
    const last = rows[limit - 1];
    return { firings: rows.slice(0, limit).map(firingView), ...(last && rows.length > limit && { next: last.seq }) };
  }

  #count(condition: string): number {
    return this.#rows<{ count: number }>(`SELECT count(*) AS count FROM firings WHERE ${condition}`)[0]?.count ?? 0;
  }

  #rows<Row extends Record<string, string | number | null>>(query: string, ...bindings: (string | number | null)[]) {
    return [...this.#sql.exec<Row>(query, ...bindings)];
  }

  #run(query: string, ...bindings: (string | number | null)[]): void {
    this.#rows(query, ...bindings);
  }
}

export function firingView(row: FiringRow): FiringView {
  return {
    id: row.key,
    scheduledAt: new Date(row.scheduled_at).toISOString(),
    cause: row.cause,
    state: row.state,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.message !== null && { message: row.message }),
    ...(row.fired_at !== null && { firedAt: new Date(row.fired_at).toISOString() }),
    ...(row.run_id !== null && { runId: row.run_id }),
  };
}
