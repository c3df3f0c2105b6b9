import type { RunEventMessage } from "../../protocol/event.ts";
import { readEventStream } from "../../protocol/read-event-stream.ts";
import type { ApiRequests } from "./api-request.ts";
import { StepflowApiError } from "./stepflow-api-error.ts";

export interface EventOptions {
  /** Only events after this sequence number. */
  readonly since?: number;
  readonly includeResults?: boolean;
  readonly includeSubRuns?: boolean;
  /** Between a lost connection and the next; doubles up to 10 s. Default 200. */
  readonly reconnectMs?: number;
  readonly signal?: AbortSignal;
}

/** So many connections in a row without an event, then the loss is thrown. */
const MAX_LOST = 8;
const MAX_PAUSE_MS = 10_000;

/**
 * The events of a run, each once and in order: first what has happened, then what happens, until the run has ended. A lost
 * connection is taken up after the last event seen.
 */
export async function* runEvents(
  api: ApiRequests,
  runId: string,
  options: EventOptions = {},
): AsyncGenerator<RunEventMessage> {
  const { includeResults, includeSubRuns, reconnectMs = 200, signal } = options;
  let last = options.since;
  for (let lost = 0; ; lost++) {
    let loss: unknown = new Error(`the stream of run ${runId} ended before the run`);
    try {
      const response = await api.send("GET", `/runs/${encodeURIComponent(runId)}/events`, {
        query: { includeResults, includeSubRuns },
        headers: {
          accept: "text/event-stream",
          ...(last === undefined ? {} : { "last-event-id": String(last) }),
        },
        signal,
      });
      if (response.body === null) throw loss;
      for await (const event of readEventStream(response.body)) {
        lost = 0;
        last = event.sequenceNumber;
        yield event;
        if (event.type === "run_completed" && event.runId === runId) return;
      }
    } catch (error) {
      // A refusal will not change; neither will a reader that wants no more.
      if (signal?.aborted || (error instanceof StepflowApiError && error.code < 500)) throw error;
      loss = error;
    }
    if (lost >= MAX_LOST) throw loss;
    await pause(Math.min(reconnectMs * 2 ** lost, MAX_PAUSE_MS), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(signal?.reason);
  const timer = setTimeout(resolve, milliseconds);
  signal?.addEventListener("abort", stop);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
