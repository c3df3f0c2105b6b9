/** What a schedule has besides what every trigger has, and what is told of its firings. */
import { z } from "zod";
import { nextCursor } from "./identifier.ts";
import { jsonValue } from "./json-value.ts";
import { pageLimit, queryInteger } from "./query-value.ts";

const MAX_BACKFILL = 1000;
const MAX_NEXT = 100;
export const FIRING_STATES = ["waiting", "starting", "started", "skipped", "failed"] as const;
export const FIRING_CAUSES = ["timetable", "backfill", "request"] as const;
/** `missed`: while nothing could fire, and too long ago. `superseded`: a later one was fired instead. */
export const FIRING_REASONS = ["overlap", "queue_full", "missed", "superseded", "disabled"] as const;

const time = z.iso.datetime({ offset: true }).meta({ examples: ["2026-11-21T09:00:00Z"] });
const duration = z
  .union([z.string(), z.number()])
  .meta({ description: 'Milliseconds, "30s", "1h30m" or ISO 8601 ("PT30S").', examples: ["15m"] });
const overlapPolicy = z.enum(["skip", "queue", "allow", "cancel_running"]).meta({
  description:
    "While an earlier run of the schedule is running: skip the firing, let it wait for its turn (100 at most), start it beside, or cancel what runs.",
});

/** All optional here: what goes together is decided by `readSchedule`, which names the field. */
export const scheduleFields = {
  cron: z
    .string()
    .optional()
    .meta({
      description: "Five fields (minute hour day month weekday), or six with seconds before them; names, `L` and `#`.",
      examples: ["0 9 * * MON-FRI"],
    }),
  timezone: z
    .string()
    .optional()
    .meta({ description: "IANA time zone of `cron`; `UTC` unless given.", examples: ["Europe/Berlin"] }),
  every: duration.optional().meta({ description: "An interval, from `startAt` or the schedule's creation on." }),
  at: time.optional().meta({ description: "Once, at this time." }),
  startAt: time.optional().meta({ description: "Nothing is due before." }),
  endAt: time.optional().meta({ description: "Nothing is due then or later." }),
  overlap: overlapPolicy.optional(),
  jitter: duration
    .optional()
    .meta({ description: "Each firing starts up to this much later, always the same for one." }),
  catchUp: duration
    .optional()
    .meta({ description: "Firings missed by no more than this are made up for; 1 h unless given, 7 d at most." }),
  catchUpMode: z.enum(["all", "latest"]).optional().meta({ description: "`all` unless given." }),
  paused: z
    .boolean()
    .optional()
    .meta({ description: "Whether it is held from now on; a schedule put again without it stays as it is." }),
  input: jsonValue.optional().meta({
    description:
      'What the run gets: an expression of the flow language over `$input`: `{scheduledAt, firedAt, name, previousFiredAt?}`, or `{"jsonata": "…"}` over the same. All of it unless given.',
  }),
};

const told = z.iso.datetime();
export const firing = z
  .object({
    id: z.string().meta({ description: "Its time, or `request/…` of one that was asked for." }),
    scheduledAt: told,
    cause: z.enum(FIRING_CAUSES),
    state: z.enum(FIRING_STATES),
    reason: z.enum(FIRING_REASONS).optional().meta({ description: "Why it waits or was skipped." }),
    message: z.string().optional(),
    firedAt: told.optional(),
    runId: z.string().optional(),
  })
  .meta({ id: "Firing" });
export type FiringView = z.output<typeof firing>;

/** What a schedule's object tells of itself. */
export const scheduleState = {
  paused: z.boolean().optional(),
  nextFireTimes: z
    .array(told)
    .optional()
    .meta({ description: "Without jitter; none while it is paused or not enabled." }),
  lastFirings: z.array(firing).optional().meta({ description: "The newest first." }),
};

export const heldSchedule = z
  .object({ name: z.string(), ...scheduleState, paused: z.boolean() })
  .meta({ id: "HeldSchedule" });
export const getTriggerQuery = z.object({
  next: queryInteger(0, MAX_NEXT)
    .optional()
    .meta({ description: "How many fire times of a schedule are told; 5 unless given." }),
});
export const listFiringsQuery = z.object({
  limit: pageLimit,
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, "not a cursor: use the `nextCursor` of the page before")
    .transform(Number)
    .optional()
    .meta({ type: "string", description: "`nextCursor` of the page before." }),
});
export const firingPage = z.object({ firings: z.array(firing), nextCursor }).meta({ id: "FiringPage" });
export const fireBody = z.object({ overlap: overlapPolicy.optional() }).meta({ id: "FireSchedule", examples: [{}] });
export const fireHeaders = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().meta({ description: "The same key fires once." }),
});
export const backfillBody = z
  .object({
    from: time.meta({ description: "The first time, included." }),
    to: time.meta({ description: "Up to here, excluded; not in the future." }),
    limit: z.int().min(1).max(MAX_BACKFILL).optional().meta({ description: "Times to go through; 100 unless given." }),
    overlap: overlapPolicy.optional().meta({ description: "`queue` unless given: one after the other." }),
  })
  .meta({
    id: "Backfill",
    examples: [{ from: "2026-11-01T00:00:00Z", to: "2026-11-08T00:00:00Z" }],
  });
export const backfillReport = z
  .object({
    queued: z.array(told).meta({ description: "Times that are fired now." }),
    known: z.array(told).meta({ description: "Times that have been fired, or are going to be." }),
    next: told.optional().meta({ description: "There is more from here on: ask again with it as `from`." }),
  })
  .meta({ id: "BackfillReport" });
export type BackfillReport = z.output<typeof backfillReport>;
