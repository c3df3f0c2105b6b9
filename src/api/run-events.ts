import { mayDo } from "../auth/caller.ts";
import { runEvent, runEventsHeaders, runEventsQuery } from "../protocol/api/event.ts";
import { runParams } from "../protocol/api/run.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type EventStreamOptions, eventStream } from "./event-stream.ts";
import { type Operation, operation } from "./operation.ts";
import { valueOf } from "./run-fault.ts";

export function runEventOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/runs/{runId}/events",
      scope: "runs:read",
      operationId: "streamEvents",
      tag: "Runs",
      summary: "Follow a run",
      description:
        "Server-Sent Events: `id:` is the sequence number, `data:` one event as JSON. First what has happened, then what happens, " +
        "until the run has ended. A reader that was cut off goes on with `Last-Event-ID` (or `since`) and misses nothing. " +
        "Links of approvals are shown to callers who may write runs.",
      params: runParams,
      query: runEventsQuery,
      headers: runEventsHeaders,
      responses: {
        200: {
          description: "The stream; each `data:` line is a RunEvent.",
          schema: runEvent,
          contentType: "text/event-stream",
        },
      },
      async handle({ raw, caller, namespace, params, query, headers }) {
        return streamEvents(deps, raw, namespace, params.runId, {
          since: headers["last-event-id"] ?? query.since ?? 0,
          includeResults: query.includeResults ?? false,
          includeSubRuns: query.includeSubRuns ?? false,
          includeLinks: mayDo(caller, "runs:write"),
          ...(query.eventTypes ? { types: new Set(query.eventTypes) } : {}),
        });
      },
    }),
  ];
}

/** The stream of a run's events as an answer; its reader ends it by going away. */
export async function streamEvents(
  deps: ApiDeps,
  raw: Request,
  namespace: Namespace,
  runId: RunId,
  options: Omit<EventStreamOptions, "signal">,
): Promise<Response> {
  const object = () => deps.runs(namespace, runId);
  valueOf(await object().summary(runId), runId);
  const gone = new AbortController();
  raw.signal.addEventListener("abort", () => gone.abort());
  const pieces = eventStream(object, runId, { ...options, signal: gone.signal });
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      gone.abort();
      await pieces.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}
