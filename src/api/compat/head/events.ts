import { z } from "zod";
import { queryBoolean, queryInteger } from "../../../protocol/api/query-value.ts";
import { runParams } from "../../../protocol/api/run.ts";
import type { RunEventMessage } from "../../../protocol/event.ts";
import type { Json } from "../../../protocol/json.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { Operation } from "../../operation.ts";
import { streamEvents } from "../../run-events.ts";
import { compatOperation } from "../compat-face.ts";
import { outcomeNumber, statusNumber } from "./enums.ts";

/** Its numbers of the events that both know. */
const EVENT_TYPES: ReadonlyMap<number, RunEventMessage["type"]> = new Map([
  [1, "run_created"],
  [2, "step_started"],
  [3, "step_completed"],
  [6, "run_completed"],
  [7, "sub_run_created"],
]);

/** Its callers give the run id in the query too; the path is enough. */
const eventsQuery = z.object({
  since: queryInteger(0, Number.MAX_SAFE_INTEGER).optional(),
  eventTypes: z.array(queryInteger(0, 1000)).optional(),
  includeSubRuns: queryBoolean.optional(),
  includeResults: queryBoolean.optional(),
});

export function eventOperations(deps: ApiDeps): readonly Operation[] {
  return [
    compatOperation({
      method: "get",
      path: "/runs/{runId}/events",
      scope: "runs:read",
      params: runParams,
      query: eventsQuery,
      async handle({ raw, namespace, params, query }) {
        const { since = 0, eventTypes, includeSubRuns = false, includeResults = false } = query;
        const types = eventTypes?.flatMap((number) => EVENT_TYPES.get(number) ?? []);
        return streamEvents(deps, raw, namespace, params.runId, {
          since,
          includeSubRuns,
          includeResults,
          ...(types ? { types: new Set(types) } : {}),
          write: eventText,
        });
      },
    }),
  ];
}

function eventText(event: RunEventMessage): string {
  const content = eventContent(event);
  if (content === undefined) return "";
  const { sequenceNumber, timestamp } = event;
  return `data: ${JSON.stringify({ sequenceNumber, timestamp, event: content })}\n\n`;
}

/** `undefined` for what that release has no event for, elements of a `foreach` and compensations included. */
function eventContent(
  event: RunEventMessage,
): { readonly [Variant: string]: Readonly<Record<string, Json>> } | undefined {
  if ("elementIndex" in event && event.elementIndex !== undefined) return undefined;
  if ("compensation" in event && event.compensation) return undefined;
  const { runId } = event;
  switch (event.type) {
    case "run_created":
      return { RunCreated: { runId, flowId: event.flowId, itemCount: event.itemCount } };
    case "sub_run_created": {
      const { parentRunId, flowId, itemCount } = event;
      return { SubRunCreated: { runId, parentRunId, flowId, itemCount } };
    }
    case "step_started": {
      const { itemIndex, stepIndex, stepId, attempt } = event;
      return { StepStarted: { runId, itemIndex, stepIndex, stepId, attempt } };
    }
    case "step_completed": {
      const { itemIndex, stepIndex, stepId, outcome, result } = event;
      const step = { runId, itemIndex, stepIndex, stepId, status: outcomeNumber(outcome) };
      return { StepCompleted: { ...step, ...(result !== undefined && { result }) } };
    }
    case "run_completed":
      return { RunCompleted: { runId, status: statusNumber(event.outcome === "skipped" ? "failed" : event.status) } };
    case "item_started":
    case "chunk_started":
    case "chunk_completed":
    case "compensation_started":
    case "compensation_completed":
    case "step_waiting":
    case "signal_received":
    case "approval_decided":
    case "attempt_failed":
    case "attempt_progress":
    case "item_completed":
    case "cancel_requested":
    case "run_paused":
    case "run_resumed":
      return undefined;
  }
}
