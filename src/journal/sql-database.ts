/** What the journal needs of SQLite: the Durable Object's `sql` is one as it is, `node:sqlite` through a thin adapter. */
export type SqlValue = string | number | null;

export interface SqlDatabase {
  /** Rows are objects by column name. */
  exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Iterable<Row>;
}

/** Runs `block` as one transaction: all of it is stored or nothing. */
export type Transaction = <Result>(block: () => Result) => Result;
