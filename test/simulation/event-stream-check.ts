import type { BlobStore } from "../../src/core/ports/blob-store.ts";
import type { Journal } from "../../src/core/ports/journal.ts";
import type { RunEvent } from "../../src/core/run/event.ts";
import type { RunTree } from "../../src/core/run/state.ts";
import { RunQueries } from "../../src/run/run-queries.ts";
import type { Prng } from "./prng.ts";
import { check } from "./simulation-failure.ts";

/** Rows that are no event for anybody outside. A new kind of event that is not shown has to be named here. */
const NOT_SHOWN: ReadonlySet<RunEvent["kind"]> = new Set([
  "flow_recorded",
  "item_added",
  "attempt_handed_over",
  "attempt_reported",
  "foreach_expanded",
  "run_stopping",
]);
const ALL = 1_000_000;

/** Whoever reads on from any cursor, in pages of any size, gets every event after it once and in order. */
export async function checkEventStream(journal: Journal, tree: RunTree, blobs: BlobStore, prng: Prng): Promise<void> {
  const queries = new RunQueries(journal, blobs);
  const rows = journal.read(0, ALL, false);
  const shown = rows.filter(({ event }) => !NOT_SHOWN.has(event.kind)).map(({ seq }) => seq);
  const cursor = prng.between(0, rows.length);
  const found: number[] = [];
  for (let since = cursor; since < rows.length; ) {
    const page = await queries.events(tree, () => true, {
      since,
      limit: prng.between(1, 20),
      includeResults: prng.chance(0.5),
    });
    check(page.next > since, () => `the event stream does not get past ${since}`);
    check(
      page.events.every(({ sequenceNumber }) => sequenceNumber > since && sequenceNumber <= page.next),
      () => `an event of the page from ${since} lies outside it`,
    );
    found.push(...page.events.map(({ sequenceNumber }) => sequenceNumber));
    since = page.next;
  }
  const wanted = shown.filter((seq) => seq > cursor);
  check(found.join() === wanted.join(), () => `after ${cursor} the stream has ${found.join()}, not ${wanted.join()}`);
}
