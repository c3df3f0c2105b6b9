/** What can be done with a schedule beside what every trigger has: hold it, fire it, make up for what it missed. */
import type { Caller } from "../auth/caller.ts";
import {
  backfillBody,
  backfillReport,
  fireBody,
  fireHeaders,
  firing,
  firingPage,
  heldSchedule,
  listFiringsQuery,
} from "../protocol/api/schedule.ts";
import { triggerParams } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import type { ScheduleApi, ScheduleReply } from "../triggers/schedule-api.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { DEFAULT_PAGE } from "./runs.ts";
import { scheduleObjectOf } from "./schedule-state.ts";
import { refuseWiderTrigger } from "./trigger-bounds.ts";

export function scheduleOperations(deps: ApiDeps): readonly Operation[] {
  const hold = (action: "pause" | "resume", summary: string, description: string): Operation =>
    operation({
      method: "post",
      path: `/triggers/{name}/${action}`,
      scope: "triggers",
      operationId: `${action}Schedule`,
      tag: "Triggers",
      summary,
      description,
      params: triggerParams,
      responses: { 200: { description: "Its state now.", schema: heldSchedule } },
      async handle({ caller, namespace, params: { name } }) {
        const schedule = await scheduleOf(deps, namespace, name, action === "resume" ? caller : undefined);
        return jsonReply({ name, ...valueOf(await schedule.hold(action === "pause"), name) });
      },
    });
  return [
    hold(
      "pause",
      "Hold a schedule",
      "Times that come until it is resumed fire nothing, also not later. Firings that wait are held. Runs go on.",
    ),
    hold("resume", "Let a paused schedule go on", "From the next time on."),
    operation({
      method: "post",
      path: "/triggers/{name}/fire",
      scope: "triggers",
      operationId: "fireSchedule",
      tag: "Triggers",
      summary: "Fire a schedule now",
      description:
        "Also while it is paused. What happens beside a running run is up to `overlap`, the schedule's unless given.",
      params: triggerParams,
      headers: fireHeaders,
      body: fireBody,
      bodyOptional: true,
      responses: { 202: { description: "The firing, and the run it has started.", schema: firing } },
      async handle({ caller, namespace, params: { name }, headers, body, warnings }) {
        const schedule = await scheduleOf(deps, namespace, name, caller);
        const id = headers["idempotency-key"] ?? deps.newRunId();
        const fired = await schedule.fire({ id, ...(body.overlap && { overlap: body.overlap }) });
        return jsonReply(valueOf(fired, name), { status: 202, warnings });
      },
    }),
    operation({
      method: "post",
      path: "/triggers/{name}/backfill",
      scope: "triggers",
      operationId: "backfillSchedule",
      tag: "Triggers",
      summary: "Fire for times that are over",
      description:
        "Each time of the timetable in the range once, whether asked again or fired before; those that were skipped or failed are fired.",
      params: triggerParams,
      body: backfillBody,
      responses: { 202: { description: "What is fired.", schema: backfillReport } },
      async handle({ caller, namespace, params: { name }, body, warnings }) {
        const { limit = DEFAULT_PAGE, overlap = "queue" } = body;
        const from = Date.parse(body.from);
        const to = Date.parse(body.to);
        if (to > deps.now()) throw invalidRequest([{ pointer: "/to", message: "lies in the future" }]);
        if (to <= from) throw invalidRequest([{ pointer: "/to", message: "is not after `from`" }]);
        const schedule = await scheduleOf(deps, namespace, name, caller);
        const report = valueOf(await schedule.backfill({ from, to, limit, overlap }), name);
        return jsonReply(report, { status: 202, warnings });
      },
    }),
    operation({
      method: "get",
      path: "/triggers/{name}/firings",
      scope: "triggers",
      operationId: "listFirings",
      tag: "Triggers",
      summary: "List what a schedule has fired",
      description: "The newest first, with their runs, or why there is none. About the last 1,000 are kept.",
      params: triggerParams,
      query: listFiringsQuery,
      responses: { 200: { description: "One page.", schema: firingPage } },
      async handle({ namespace, params: { name }, query: { limit = DEFAULT_PAGE, cursor }, warnings }) {
        const schedule = await scheduleOf(deps, namespace, name);
        const page = await schedule.firings({ limit, ...(cursor !== undefined && { before: cursor }) });
        const { firings, next } = valueOf(page, name);
        return jsonReply({ firings, ...(next !== undefined && { nextCursor: String(next) }) }, { warnings });
      },
    }),
  ];
}

/** `starter`: who is about to start runs by it. */
async function scheduleOf(deps: ApiDeps, namespace: Namespace, name: string, starter?: Caller): Promise<ScheduleApi> {
  const trigger = await deps.triggers.find(namespace, name);
  if (!trigger) throw noSchedule(name);
  if (starter) refuseWiderTrigger(starter, { name, allowComponents: trigger.document.allowComponents });
  if (trigger.document.type === "schedule") return scheduleObjectOf(deps, trigger);
  throw new ApiError("FAILED_PRECONDITION", `The trigger "${name}" is a ${trigger.document.type}, not a schedule.`);
}

function valueOf<T>(reply: ScheduleReply<T>, name: string): T {
  if (reply.kind === "done") return reply.value;
  if (reply.kind === "not_found") throw noSchedule(name);
  throw new ApiError("FAILED_PRECONDITION", `The schedule "${name}" cannot do this: ${reply.message}.`);
}

function noSchedule(name: string): ApiError {
  return new ApiError("NOT_FOUND", `There is no schedule "${name}". GET /api/v1/triggers?type=schedule lists them.`);
}
