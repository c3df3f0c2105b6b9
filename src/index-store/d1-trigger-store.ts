import type { D1Database } from "@cloudflare/workers-types";
import type { TriggerQuery, TriggerRecord, TriggerStore } from "../core/ports/trigger-store.ts";
import type { TriggerDocument, TriggerType } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import { ensureIndexSchema } from "./d1-migrations.ts";

interface TriggerRow {
  readonly ns: Namespace;
  readonly name: string;
  readonly document: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The list of triggers on D1. Owns the table `triggers`. */
export class D1TriggerStore implements TriggerStore {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async put(trigger: TriggerRecord): Promise<TriggerRecord> {
    await ensureIndexSchema(this.#db);
    const { namespace, name, document, createdAt, updatedAt } = trigger;
    const row = await this.#db
      .prepare(
        `INSERT INTO triggers (ns, name, type, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (ns, name) DO UPDATE SET type = excluded.type, document = excluded.document, updated_at = excluded.updated_at
        RETURNING *`,
      )
      .bind(namespace, name, document.type, JSON.stringify(document), createdAt, updatedAt)
      .first<TriggerRow>();
    return row ? triggerRecord(row) : trigger;
  }

  async find(namespace: Namespace, name: string): Promise<TriggerRecord | undefined> {
    await ensureIndexSchema(this.#db);
    const row = await this.#db
      .prepare("SELECT * FROM triggers WHERE ns = ? AND name = ?")
      .bind(namespace, name)
      .first<TriggerRow>();
    return row ? triggerRecord(row) : undefined;
  }

  async list(namespace: Namespace, query: TriggerQuery): Promise<readonly TriggerRecord[]> {
    await ensureIndexSchema(this.#db);
    const { results } = await this.#db
      .prepare(
        `SELECT * FROM triggers WHERE ns = ?1 AND name > ?2 AND (?3 IS NULL OR type = ?3) ORDER BY name LIMIT ?4`,
      )
      .bind(namespace, query.after ?? "", query.type ?? null, query.limit)
      .all<TriggerRow>();
    return results.map(triggerRecord);
  }

  async listAll(
    type: TriggerType,
    after: Pick<TriggerRecord, "namespace" | "name"> | undefined,
    limit: number,
  ): Promise<readonly TriggerRecord[]> {
    await ensureIndexSchema(this.#db);
    const { results } = await this.#db
      .prepare("SELECT * FROM triggers WHERE type = ? AND (ns, name) > (?, ?) ORDER BY ns, name LIMIT ?")
      .bind(type, after?.namespace ?? "", after?.name ?? "", limit)
      .all<TriggerRow>();
    return results.map(triggerRecord);
  }

  async remove(namespace: Namespace, name: string): Promise<void> {
    await ensureIndexSchema(this.#db);
    await this.#db.prepare("DELETE FROM triggers WHERE ns = ? AND name = ?").bind(namespace, name).run();
  }
}

function triggerRecord(row: TriggerRow): TriggerRecord {
  return {
    namespace: row.ns,
    name: row.name,
    document: JSON.parse(row.document) as TriggerDocument,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
