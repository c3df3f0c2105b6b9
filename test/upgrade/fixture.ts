import type { TaskAddress } from "../../src/core/run/event.ts";
import type { Json } from "../../src/protocol/json.ts";

/** A journal as an earlier commit left it. */
export interface Fixture {
  readonly scenario: string;
  /** The clock when it was left, epoch milliseconds. */
  readonly now: number;
  /** SQLite as it was: how the tables were made, and their rows. */
  readonly schema: readonly string[];
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>>;
  /** By id. */
  readonly blobs: Readonly<Record<string, { readonly json: Json; readonly bytes: number }>>;
  /** Attempts that were under way. */
  readonly calls: readonly { readonly task: TaskAddress; readonly attempt: number; readonly idempotencyKey: string }[];
}
