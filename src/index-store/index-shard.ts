import type { Namespace, RunId } from "../protocol/ids.ts";

const SHARDS_PER_NAMESPACE = 4;
/** The digits that name a run tree; the rest is the ordinal inside it. */
const TREE_DIGITS = 30;

/**
 * The name of the index object a run reports to. A whole run tree has one, so that a batch of reports is one call.
 * Changing the number of shards is safe: the version guard of the database settles any order of arrival.
 */
export function indexShardName(namespace: Namespace, runId: RunId): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < TREE_DIGITS && index < runId.length; index++) {
    hash = Math.imul(hash ^ runId.charCodeAt(index), 0x01000193);
  }
  return `${namespace}/${(hash >>> 0) % SHARDS_PER_NAMESPACE}`;
}
