import type { D1Database } from "@cloudflare/workers-types";
import type { CatalogedFlow, FlowCatalog, FlowPage, FlowQuery } from "../core/ports/flow-catalog.ts";
import type { FlowId, Namespace } from "../protocol/ids.ts";
import { formatCursor, parseCursor } from "../protocol/list-cursor.ts";
import { ensureIndexSchema } from "./d1-migrations.ts";

interface FlowRow {
  readonly flow_id: FlowId;
  readonly name: string | null;
  readonly description: string | null;
  readonly version: string | null;
  readonly stored_at: number;
}

/**
 * The flow catalog on D1. Owns the table `flows`: one row per stored flow; storing one again makes it the newest of its name (and gives it
 * another one if it is stored under another).
 */
export class D1FlowCatalog implements FlowCatalog {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async record(namespace: Namespace, flow: CatalogedFlow): Promise<void> {
    await ensureIndexSchema(this.#db);
    await this.#db
      .prepare(
        `INSERT INTO flows (ns, flow_id, name, description, version, stored_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (ns, flow_id) DO UPDATE SET name = excluded.name, stored_at = excluded.stored_at`,
      )
      .bind(namespace, flow.flowId, flow.name ?? null, flow.description ?? null, flow.version ?? null, flow.storedAt)
      .run();
  }

  async latest(namespace: Namespace, name: string): Promise<CatalogedFlow | undefined> {
    return (await this.list(namespace, { name, limit: 1 })).flows[0];
  }

  /** Newest first. `query.cursor` must come from a former page. */
  async list(namespace: Namespace, query: FlowQuery): Promise<FlowPage> {
    await ensureIndexSchema(this.#db);
    const conditions = ["f.ns = ?"];
    const parameters: (string | number)[] = [namespace];
    if (query.name !== undefined) {
      conditions.push("f.name = ?");
      parameters.push(query.name);
    }
    if (query.latestOnly) {
      conditions.push(`NOT EXISTS (SELECT 1 FROM flows AS n
        WHERE n.ns = f.ns AND n.name = f.name AND (n.stored_at, n.flow_id) > (f.stored_at, f.flow_id))`);
    }
    if (query.cursor !== undefined) {
      const position = parseCursor(query.cursor);
      if (!position) throw new Error(`The cursor "${query.cursor}" was not made by this list.`);
      conditions.push("(f.stored_at, f.flow_id) < (?, ?)");
      parameters.push(position.at, position.id);
    }
    const { results } = await this.#db
      .prepare(
        `SELECT flow_id, name, description, version, stored_at FROM flows AS f WHERE ${conditions.join(" AND ")}
        ORDER BY f.stored_at DESC, f.flow_id DESC LIMIT ?`,
      )
      .bind(...parameters, query.limit + 1)
      .all<FlowRow>();
    const rows = results.slice(0, query.limit);
    const last = rows.at(-1);
    return {
      flows: rows.map(catalogedFlow),
      ...(last && results.length > query.limit
        ? { nextCursor: formatCursor({ at: last.stored_at, id: last.flow_id }) }
        : {}),
    };
  }

  async remove(namespace: Namespace, flowId: FlowId): Promise<void> {
    await ensureIndexSchema(this.#db);
    await this.#db.prepare("DELETE FROM flows WHERE ns = ? AND flow_id = ?").bind(namespace, flowId).run();
  }
}

function catalogedFlow(row: FlowRow): CatalogedFlow {
  return {
    flowId: row.flow_id,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.version === null ? {} : { version: row.version }),
    storedAt: row.stored_at,
  };
}
