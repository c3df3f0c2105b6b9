import type { D1Database } from "@cloudflare/workers-types";
import type { TokenPage, TokenQuery, TokenRecord, TokenStore } from "../core/ports/token-store.ts";
import type { Namespace } from "../protocol/ids.ts";
import { formatCursor, parseCursor } from "../protocol/list-cursor.ts";
import type { Scope } from "../protocol/scope.ts";
import { ensureIndexSchema } from "./d1-migrations.ts";

interface TokenRow {
  readonly id: string;
  readonly ns: Namespace;
  readonly hash: string;
  readonly name: string;
  /** JSON lists. */
  readonly scopes: string;
  readonly allow_components: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
}

/** The token store on D1. Owns the table `tokens`; a revoked token stays in it, so that its uses can be told from a stranger's. */
export class D1TokenStore implements TokenStore {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async insert(token: TokenRecord): Promise<void> {
    await ensureIndexSchema(this.#db);
    await this.#db
      .prepare(
        `INSERT INTO tokens (id, ns, hash, name, scopes, allow_components, created_at, created_by, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        token.id,
        token.namespace,
        token.hash,
        token.name,
        JSON.stringify(token.scopes),
        token.allowComponents ? JSON.stringify(token.allowComponents) : null,
        token.createdAt,
        token.createdBy,
        token.expiresAt ?? null,
      )
      .run();
  }

  async find(id: string): Promise<TokenRecord | undefined> {
    await ensureIndexSchema(this.#db);
    const row = await this.#db.prepare("SELECT * FROM tokens WHERE id = ?").bind(id).first<TokenRow>();
    return row ? tokenRecord(row) : undefined;
  }

  async list(query: TokenQuery): Promise<TokenPage> {
    await ensureIndexSchema(this.#db);
    const conditions: string[] = ["true"];
    const parameters: (string | number)[] = [];
    if (query.namespace !== undefined) {
      conditions.push("ns = ?");
      parameters.push(query.namespace);
    }
    if (query.cursor !== undefined) {
      const position = parseCursor(query.cursor);
      if (!position) throw new Error(`The cursor "${query.cursor}" was not made by this list.`);
      conditions.push("(created_at, id) < (?, ?)");
      parameters.push(position.at, position.id);
    }
    const { results } = await this.#db
      .prepare(`SELECT * FROM tokens WHERE ${conditions.join(" AND ")} ORDER BY created_at DESC, id DESC LIMIT ?`)
      .bind(...parameters, query.limit + 1)
      .all<TokenRow>();
    const rows = results.slice(0, query.limit);
    const last = rows.at(-1);
    return {
      tokens: rows.map(tokenRecord),
      ...(last && results.length > query.limit
        ? { nextCursor: formatCursor({ at: last.created_at, id: last.id }) }
        : {}),
    };
  }

  async revoke(id: string, at: number): Promise<TokenRecord | undefined> {
    await ensureIndexSchema(this.#db);
    const row = await this.#db
      .prepare("UPDATE tokens SET revoked_at = ifnull(revoked_at, ?2) WHERE id = ?1 RETURNING *")
      .bind(id, at)
      .first<TokenRow>();
    return row ? tokenRecord(row) : undefined;
  }

  async recordUse(id: string, at: number): Promise<void> {
    await ensureIndexSchema(this.#db);
    await this.#db
      .prepare("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1 AND ifnull(last_used_at, 0) < ?2")
      .bind(id, at)
      .run();
  }

  async isEmpty(): Promise<boolean> {
    await ensureIndexSchema(this.#db);
    return (await this.#db.prepare("SELECT 1 FROM tokens LIMIT 1").first()) === null;
  }
}

function tokenRecord(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    hash: row.hash,
    namespace: row.ns,
    name: row.name,
    scopes: JSON.parse(row.scopes) as Scope[],
    ...(row.allow_components === null ? {} : { allowComponents: JSON.parse(row.allow_components) as string[] }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}
