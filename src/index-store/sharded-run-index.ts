import type { RunIndex, RunPage, RunQuery, RunReport } from "../core/ports/run-index.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { IndexObjectApi } from "./index-object.ts";
import { indexShardName } from "./index-shard.ts";

/** The run index as runs and the API see it: reports go to the index objects, searches to the database they feed. */
export class ShardedRunIndex implements RunIndex {
  readonly #shard: (name: string) => IndexObjectApi;
  readonly #database: RunIndex;

  /** `shard`: the index object of a name (`env.INDEX.getByName`). `database`: where the objects write. */
  constructor(shard: (name: string) => IndexObjectApi, database: RunIndex) {
    this.#shard = shard;
    this.#database = database;
  }

  async report(namespace: Namespace, reports: readonly RunReport[]): Promise<void> {
    const shards = new Map<string, RunReport[]>();
    for (const report of reports) {
      const name = indexShardName(namespace, report.runId as RunId);
      const group = shards.get(name) ?? [];
      group.push(report);
      shards.set(name, group);
    }
    await Promise.all(Array.from(shards, ([name, group]) => this.#shard(name).report(namespace, group)));
  }

  list(namespace: Namespace, query: RunQuery): Promise<RunPage> {
    return this.#database.list(namespace, query);
  }
}
