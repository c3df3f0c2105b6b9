/**
 * The events of one run as Server-Sent Events. Owns the WebSocket to the run's object while the stream is open.
 * In: pages of events from the object, and its hint that there are more. Out: `id:` and `data:` lines, a comment every 15 s.
 * Invariants: events come in order, each once, from the cursor on; the object is only asked after a hint, so that it can sleep
 * between events (A6); a lost socket is opened again, a lost call made again; the stream ends after the run's `run_completed`.
 */
import type { RunEventMessage } from "../protocol/event.ts";
import type { RunId } from "../protocol/ids.ts";
import type { RunObjectApi } from "../run/run-api.ts";
import { retryLostCall } from "./retry-lost-call.ts";
import { valueOf } from "./run-fault.ts";
import { RunWatch } from "./run-watch.ts";

const PAGE = 500;
const KEEP_ALIVE_MS = 15_000;

export interface EventStreamOptions {
  readonly since: number;
  readonly includeResults: boolean;
  readonly includeSubRuns: boolean;
  /** With the links of approvals. */
  readonly includeLinks?: boolean;
  /** Absent: all. */
  readonly types?: ReadonlySet<RunEventMessage["type"]>;
  /** The text of one event; ours unless given. Empty text leaves the event out. */
  readonly write?: (event: RunEventMessage) => string;
  /** A comment goes out when nothing else did for so long; 15 s unless given. */
  readonly keepAliveMs?: number;
  /** Aborts when the reader has gone. */
  readonly signal: AbortSignal;
}

/** The text of the stream, piece by piece. Throws when the run is not, or no longer, there. */
export async function* eventStream(
  object: () => RunObjectApi,
  runId: RunId,
  options: EventStreamOptions,
): AsyncGenerator<string> {
  const {
    includeResults,
    includeSubRuns,
    includeLinks = false,
    types,
    write = messageOf,
    signal,
    keepAliveMs = KEEP_ALIVE_MS,
  } = options;
  let since = options.since;
  const watch = new RunWatch(() => object(), runId);
  try {
    // The socket comes first: what is appended after the page was read is then hinted at.
    await retryLostCall(() => watch.open(), signal);
    while (!signal.aborted) {
      const reply = await retryLostCall(
        () => object().events(runId, { since, limit: PAGE, includeResults, includeSubRuns, includeLinks }),
        signal,
      );
      const page = valueOf(reply, runId);
      const text = page.events
        .filter((event) => types?.has(event.type) ?? true)
        .map(write)
        .join("");
      if (text !== "") yield text;
      if (page.ended) return;
      const caughtUp = page.next === since;
      since = page.next;
      if (!caughtUp) continue;
      while (!signal.aborted && (await watch.next(since, keepAliveMs, signal)) === "idle") yield ": keep-alive\n\n";
    }
  } finally {
    watch.close();
  }
}

function messageOf(event: RunEventMessage): string {
  return `id: ${event.sequenceNumber}\ndata: ${JSON.stringify(event)}\n\n`;
}
