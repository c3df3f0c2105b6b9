import type { DatabaseSync } from "node:sqlite";
import type { SqlDatabase, SqlValue, Transaction } from "../../src/journal/sql-database.ts";

/** `node:sqlite` as the journal wants it: for tests, and for journals read outside the platform. */
export function nodeSqliteDatabase(database: DatabaseSync): {
  readonly sql: SqlDatabase;
  readonly transaction: Transaction;
} {
  let depth = 0;
  return {
    sql: {
      exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Iterable<Row> {
        return database.prepare(query).all(...bindings) as Row[];
      },
    },
    transaction(block) {
      if (depth > 0) return block();
      database.exec("BEGIN");
      depth += 1;
      try {
        const result = block();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      } finally {
        depth -= 1;
      }
    },
  };
}
