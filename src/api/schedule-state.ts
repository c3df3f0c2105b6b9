import type { z } from "zod";
import { readSchedule } from "../core/schedule/index.ts";
import type { scheduleState } from "../protocol/api/schedule.ts";
import type { TriggerDocument } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import { hookExpressionFault } from "../triggers/hook-expression.ts";
import type { ScheduleApi } from "../triggers/schedule-api.ts";
import type { KnownTrigger } from "../triggers/trigger-registry.ts";
import type { ApiDeps } from "./api-deps.ts";
import { invalidRequest } from "./api-error.ts";

const DEFAULT_NEXT = 5;

/** Refuses a schedule that cannot be meant, with the field that is wrong. A trigger of another type passes. */
export async function refuseSchedule(
  deps: Pick<ApiDeps, "triggers" | "now">,
  namespace: Namespace,
  name: string,
  document: TriggerDocument,
): Promise<void> {
  if (document.type !== "schedule") return;
  const now = deps.now();
  const read = readSchedule(document, now);
  const faults = read.kind === "invalid" ? [...read.faults] : [];
  const fault = document.input === undefined ? undefined : hookExpressionFault(document.input);
  if (fault !== undefined) faults.push({ field: "input", message: fault });
  if (document.at !== undefined && Date.parse(document.at) <= now) {
    // Put again as it is, it has been fired.
    const before = await deps.triggers.find(namespace, name);
    if (before?.document.type !== "schedule" || before.document.at !== document.at)
      faults.push({ field: "at", message: "this time is over" });
  }
  if (faults.length > 0) throw invalidRequest(faults.map(({ field, message }) => ({ pointer: `/${field}`, message })));
}

/** The object of a schedule; one of the configuration is told first that it is there. */
export async function scheduleObjectOf(
  deps: Pick<ApiDeps, "triggers" | "schedules">,
  trigger: KnownTrigger,
): Promise<ScheduleApi> {
  if (trigger.source === "config") await deps.triggers.home(trigger).put(trigger);
  return deps.schedules(trigger.namespace, trigger.name);
}

/** Nothing of a trigger of another type. */
export async function scheduleStateOf(
  deps: Pick<ApiDeps, "triggers" | "schedules">,
  trigger: KnownTrigger,
  next = DEFAULT_NEXT,
): Promise<{ [Field in keyof typeof scheduleState]?: z.input<(typeof scheduleState)[Field]> }> {
  if (trigger.document.type !== "schedule") return {};
  const schedule = await scheduleObjectOf(deps, trigger);
  const reply = await schedule.state({ next });
  return reply.kind === "done" ? reply.value : {};
}
