/**
 * What a webhook keeps of its deliveries. Owns the tables `deliveries` and `delivery_counts`, made by the first delivery: asking
 * a webhook that never had one leaves no trace. Bounds: the last `MAX_KEPT` for `KEPT_MS`, of the refused ones the last
 * `MAX_REFUSED` without their bodies. A delivery whose run is still to be started is never dropped.
 */
import type { Value } from "../core/ports/value.ts";
import type { BlobId, RunId } from "../protocol/ids.ts";
import type { Delivery, DeliveryDetail, DeliveryPage, DeliveryStatus, HookRequest } from "./webhook-api.ts";

const MAX_KEPT = 1000;
const MAX_REFUSED = 50;
/** A week. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    key TEXT,
    facts TEXT NOT NULL,
    body BLOB,
    pending TEXT,
    repeats INTEGER NOT NULL DEFAULT 0
  )`,
  "CREATE INDEX IF NOT EXISTS deliveries_by_key ON deliveries (key) WHERE key IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS deliveries_received ON deliveries (seq) WHERE status = 'received'",
  "CREATE INDEX IF NOT EXISTS deliveries_refused ON deliveries (seq) WHERE status = 'refused'",
  "CREATE TABLE IF NOT EXISTS delivery_counts (status TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
];

type Row = {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly status: DeliveryStatus;
  readonly key: string | null;
  /** JSON of `Facts`. */
  readonly facts: string;
  readonly body: ArrayBuffer | null;
  /** JSON of the run's input, as long as the run is not started. */
  readonly pending: string | null;
  readonly repeats: number;
};
interface Facts {
  readonly request: Omit<HookRequest, "body">;
  readonly bodyBytes: number;
  readonly bodyBlob?: BlobId;
  readonly reason?: string;
  readonly runId?: RunId;
  readonly redeliveryOf?: string;
}

export interface NewDelivery extends Omit<DeliveryDetail, "repeats"> {
  /** The run's input, with status `received`. */
  readonly pending?: Value;
}
export interface PendingDelivery extends Delivery {
  readonly key: string;
  readonly input: Value;
}

export class DeliveryStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  insert({ deliveryId, receivedAt, status, key, body, pending, ...facts }: NewDelivery): void {
    this.#storage.transactionSync(() => {
      for (const statement of SCHEMA) this.#storage.sql.exec(statement);
      const { request, bodyBytes, bodyBlob, reason, runId, redeliveryOf } = facts;
      this.#storage.sql.exec(
        "INSERT INTO deliveries (id, at, status, key, facts, body, pending) VALUES (?, ?, ?, ?, ?, ?, ?)",
        deliveryId,
        receivedAt,
        status,
        key ?? null,
        JSON.stringify({ request, bodyBytes, bodyBlob, reason, runId, redeliveryOf }),
        body ? Uint8Array.from(body).buffer : null,
        pending ? JSON.stringify(pending) : null,
      );
      if (status !== "received") this.#count(status);
      this.prune(receivedAt);
    });
  }

  /** What a delivery that was `received` came to. */
  complete(deliveryId: string, status: "accepted" | "failed", reason?: string): void {
    this.#storage.transactionSync(() => {
      const row = this.#row(deliveryId);
      if (row?.status !== "received") return;
      const facts = { ...(JSON.parse(row.facts) as Facts), ...(reason === undefined ? {} : { reason }) };
      this.#storage.sql.exec(
        "UPDATE deliveries SET status = ?, facts = ?, pending = NULL WHERE id = ?",
        status,
        JSON.stringify(facts),
        deliveryId,
      );
      this.#count(status);
    });
  }

  /** The delivery of this key that was taken, if there is one. */
  known(key: string): Delivery | undefined {
    if (!this.#exists()) return undefined;
    const rows = this.#storage.sql.exec<Row>(
      "SELECT * FROM deliveries WHERE key = ? AND status IN ('received', 'accepted', 'filtered') ORDER BY seq LIMIT 1",
      key,
    );
    const [row] = rows;
    return row && deliveryOf(row);
  }

  repeated(deliveryId: string): void {
    this.#storage.sql.exec("UPDATE deliveries SET repeats = repeats + 1 WHERE id = ?", deliveryId);
  }

  pending(deliveryId: string): PendingDelivery | undefined {
    return this.#exists() ? pendingOf(this.#row(deliveryId)) : undefined;
  }

  allPending(): readonly PendingDelivery[] {
    if (!this.#exists()) return [];
    const rows = this.#storage.sql.exec<Row>(
      "SELECT * FROM deliveries WHERE status = 'received' ORDER BY seq LIMIT 100",
    );
    return [...rows].flatMap((row) => pendingOf(row) ?? []);
  }

  find(deliveryId: string): DeliveryDetail | undefined {
    const row = this.#exists() ? this.#row(deliveryId) : undefined;
    if (!row) return undefined;
    const { bodyBlob } = JSON.parse(row.facts) as Facts;
    return {
      ...deliveryOf(row),
      ...(row.body === null ? {} : { body: new Uint8Array(row.body) }),
      ...(bodyBlob === undefined ? {} : { bodyBlob }),
    };
  }

  list(options: { readonly limit: number; readonly before?: number; readonly status?: DeliveryStatus }): DeliveryPage {
    const counts = { accepted: 0, filtered: 0, refused: 0, failed: 0 };
    if (!this.#exists()) return { deliveries: [], counts };
    for (const { status, count } of this.#storage.sql.exec<{ status: keyof typeof counts; count: number }>(
      "SELECT status, count FROM delivery_counts",
    ))
      counts[status] = count;
    const rows = this.#storage.sql
      .exec<Row>(
        `SELECT seq, id, at, status, key, facts, NULL AS body, NULL AS pending, repeats FROM deliveries
        WHERE seq < ?1 AND (?2 IS NULL OR status = ?2) ORDER BY seq DESC LIMIT ?3`,
        options.before ?? Number.MAX_SAFE_INTEGER,
        options.status ?? null,
        options.limit + 1,
      )
      .toArray();
    const page = rows.slice(0, options.limit);
    const last = page.at(-1);
    return {
      deliveries: page.map(deliveryOf),
      counts,
      ...(last && rows.length > options.limit ? { next: last.seq } : {}),
    };
  }

  /** When the oldest is to be dropped; `undefined`: there is none. */
  expiresAt(): number | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#storage.sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM deliveries");
    return row?.at === undefined || row.at === null ? undefined : row.at + KEPT_MS;
  }

  prune(now: number): void {
    if (!this.#exists()) return;
    this.#storage.sql.exec("DELETE FROM deliveries WHERE at <= ? AND status <> 'received'", now - KEPT_MS);
    this.#drop("status <> 'refused'", MAX_KEPT);
    this.#drop("status = 'refused'", MAX_REFUSED);
  }

  #drop(which: string, keep: number): void {
    this.#storage.sql.exec(
      `DELETE FROM deliveries WHERE ${which} AND status <> 'received' AND seq <= ifnull(
        (SELECT seq FROM deliveries WHERE ${which} ORDER BY seq DESC LIMIT 1 OFFSET ?), 0)`,
      keep,
    );
  }

  #count(status: DeliveryStatus): void {
    this.#storage.sql.exec(
      "INSERT INTO delivery_counts (status, count) VALUES (?, 1) ON CONFLICT (status) DO UPDATE SET count = count + 1",
      status,
    );
  }

  #exists(): boolean {
    const tables = this.#storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'deliveries'");
    return tables.toArray().length > 0;
  }

  #row(deliveryId: string): Row | undefined {
    return this.#storage.sql.exec<Row>("SELECT * FROM deliveries WHERE id = ?", deliveryId).toArray()[0];
  }
}

function deliveryOf(row: Row): Delivery {
  const { request, bodyBytes, reason, runId, redeliveryOf } = JSON.parse(row.facts) as Facts;
  return {
    deliveryId: row.id,
    receivedAt: row.at,
    status: row.status,
    ...(row.key === null ? {} : { key: row.key }),
    request,
    bodyBytes,
    ...(reason === undefined ? {} : { reason }),
    ...(runId === undefined ? {} : { runId }),
    ...(redeliveryOf === undefined ? {} : { redeliveryOf }),
    repeats: row.repeats,
  };
}

function pendingOf(row: Row | undefined): PendingDelivery | undefined {
  if (!row || row.status !== "received" || row.pending === null || row.key === null) return undefined;
  return { ...deliveryOf(row), key: row.key, input: JSON.parse(row.pending) as Value };
}
