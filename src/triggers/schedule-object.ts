/**
 * The Durable Object of one schedule, named `<namespace>/<name>`. Owns its document, up to when its timetable is decided, and its
 * firings; its one alarm. What crosses its border: the calls of `ScheduleApi`; starts of runs, and questions whether they run.
 * Invariants: a firing is a row before its run is started, and its run's id is made from it, so that it starts once whatever dies;
 * while anything is due, or may become due, an alarm is set or being handled; one piece of work is done at a time.
 */
import { DurableObject } from "cloudflare:workers";
import type { TriggerRecord } from "../core/ports/trigger-store.ts";
import { fireTimes, nextFireTime, readSchedule, type Schedule } from "../core/schedule/index.ts";
import type { ScheduleDocument, TriggerDocument } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import { AlarmClock } from "../run/alarm-clock.ts";
import { addDueFirings } from "./add-due-firings.ts";
import { type FiringDeps, FiringStarter } from "./firing-starter.ts";
import { Firings, firingView } from "./firings.ts";
import type { ScheduleApi, ScheduleReply, ScheduleStateView } from "./schedule-api.ts";
import type { TriggerSource } from "./trigger-registry.ts";

const NOT_FOUND = { kind: "not_found" } as const;
const SHOWN = 5;
/** Somebody waits for what is done now: the alarm is behind it. */
const BEHIND_MS = 2_000;
/** While firings wait for a run to end it is asked this often; the wait doubles. */
const FIRST_ASK_MS = 1_000;
const MAX_ASK_MS = 60_000;
/** The longest way to an alarm: a change of time zone rules in the runtime is noticed by then. */
const MAX_SLEEP_MS = 24 * 3_600_000;

export interface ScheduleDeps extends FiringDeps {
  /** What the configuration has under this name now. */
  configured(namespace: Namespace, name: string): TriggerDocument | undefined;
}

interface Stored {
  readonly record: TriggerRecord & { readonly document: ScheduleDocument };
  readonly source: TriggerSource;
  readonly paused: boolean;
  /** Every time up to here is decided. */
  readonly decidedUntil: number;
}

export function defineScheduleObject<Env>(makeDeps: (env: Env) => ScheduleDeps) {
  return class ScheduleObject extends DurableObject<Env> implements ScheduleApi {
    readonly #deps: ScheduleDeps;
    readonly #firings: Firings;
    readonly #alarm: AlarmClock;
    /** Ends when nothing is at work. */
    #work: Promise<unknown> = Promise.resolve();
    #askMs = FIRST_ASK_MS;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#deps = makeDeps(env);
      this.#firings = new Firings(ctx.storage.sql);
      this.#alarm = new AlarmClock(ctx.storage, () => this.#deps.now());
    }

    async put(trigger: TriggerRecord & { readonly source?: TriggerSource }): Promise<void> {
      const { document } = trigger;
      if (document.type !== "schedule") throw new Error(`trigger ${trigger.name} is no schedule`);
      await this.#alarm.load();
      this.#keep({ ...trigger, document }, trigger.source ?? "api");
      this.#arm();
    }

    async remove(): Promise<void> {
      await this.#inTurn(async () => {
        await this.ctx.storage.deleteAll();
        this.#alarm.forget();
      });
    }

    async state({ next }: { readonly next: number }): Promise<ScheduleReply<ScheduleStateView>> {
      const stored = this.#stored();
      if (!stored) return NOT_FOUND;
      await this.wake();
      return { kind: "done", value: this.#view(stored, next) };
    }

    async hold(paused: boolean): Promise<ScheduleReply<ScheduleStateView>> {
      const stored = this.#stored();
      if (!stored) return NOT_FOUND;
      await this.#alarm.load();
      // What has come due until now, alarm or not, is not for the pause to swallow.
      if (paused && !stored.paused) this.#advance(stored);
      const now = this.#deps.now();
      const before = this.#stored() ?? stored;
      const changed = { ...before, paused, ...(stored.paused && !paused && { decidedUntil: now }) };
      this.#store(changed);
      this.#arm();
      return { kind: "done", value: this.#view(changed, SHOWN) };
    }

    async fire({ id, overlap }: Parameters<ScheduleApi["fire"]>[0]): ReturnType<ScheduleApi["fire"]> {
      const stored = this.#stored();
      if (!stored) return NOT_FOUND;
      if (!stored.record.document.enabled) return refused("it is not enabled: put it again with `enabled: true`");
      await this.#alarm.load();
      const now = this.#deps.now();
      const key = `request/${id}`;
      this.#firings.add({ key, scheduledAt: now, cause: "request", dueAt: now, ...(overlap && { overlap }) });
      this.#alarm.ringBy(now + BEHIND_MS);
      await this.#inTurn(() => this.#start());
      const row = this.#firings.find(key);
      return row ? { kind: "done", value: firingView(row) } : refused("the schedule was deleted meanwhile");
    }

    async backfill(request: Parameters<ScheduleApi["backfill"]>[0]): ReturnType<ScheduleApi["backfill"]> {
      const stored = this.#stored();
      if (!stored) return NOT_FOUND;
      if (!stored.record.document.enabled) return refused("it is not enabled: put it again with `enabled: true`");
      await this.#alarm.load();
      const { from, to, limit, overlap } = request;
      const times = fireTimes(scheduleOf(stored).timetable, from - 1, to - 1, limit + 1);
      const queued: string[] = [];
      const known: string[] = [];
      for (const scheduledAt of times.slice(0, limit)) {
        const key = keyOf(scheduledAt);
        this.#firings.forgetUnstarted(key);
        const waits = overlap === "queue" ? { reason: "overlap" as const } : {};
        const dueAt = this.#deps.now();
        (this.#firings.add({ key, scheduledAt, cause: "backfill", dueAt, overlap, ...waits }) ? queued : known).push(
          key,
        );
      }
      this.#askMs = FIRST_ASK_MS;
      if (queued.length > 0) this.#alarm.ringBy(this.#deps.now());
      const next = times[limit];
      return { kind: "done", value: { queued, known, ...(next !== undefined && { next: keyOf(next) }) } };
    }

    async firings({ limit, before }: Parameters<ScheduleApi["firings"]>[0]): ReturnType<ScheduleApi["firings"]> {
      return this.#stored() ? { kind: "done", value: this.#firings.page(limit, before) } : NOT_FOUND;
    }

    async wake(): Promise<void> {
      if (!this.#stored()) return;
      await this.#alarm.load();
      this.#arm();
    }

    override async alarm(): Promise<void> {
      this.#alarm.forget();
      await this.#inTurn(async () => {
        const stored = this.#refreshed();
        if (!stored) return;
        this.#advance(stored);
        // Should this be cut short, the platform rings again.
        await this.#start();
      });
    }

    /** The document as the configuration has it now, where it comes from there; `undefined`: it is no longer there. */
    #refreshed(): Stored | undefined {
      const stored = this.#stored();
      if (stored?.source !== "config") return stored;
      const { namespace, name } = stored.record;
      const document = this.#deps.configured(namespace, name);
      if (document?.type !== "schedule") {
        this.ctx.storage.kv.delete("schedule");
        return undefined;
      }
      this.#keep({ ...stored.record, document }, "config");
      return this.#stored();
    }

    #keep(record: Stored["record"], source: TriggerSource): void {
      const now = this.#deps.now();
      const before = this.#stored();
      this.#firings.create();
      const { enabled, paused = before?.paused ?? false } = record.document;
      // The same timetable goes on where it was: to put it again loses nothing that is due.
      const goesOn =
        before !== undefined &&
        before.record.createdAt === record.createdAt &&
        timetableText(before.record.document) === timetableText(record.document) &&
        (before.record.document.enabled || !enabled) &&
        (!before.paused || paused);
      this.#store({ record, source, paused, decidedUntil: goesOn ? before.decidedUntil : now });
    }

    /** Adds what has come due. */
    #advance(stored: Stored): void {
      const now = this.#deps.now();
      if (stored.paused || !stored.record.document.enabled) {
        this.#store({ ...stored, decidedUntil: now });
        return;
      }
      this.ctx.storage.transactionSync(() => {
        const { namespace, name } = stored.record;
        const position = { schedule: `${namespace}/${name}`, decidedUntil: stored.decidedUntil, now };
        this.#store({ ...stored, decidedUntil: addDueFirings(this.#firings, scheduleOf(stored), position) });
      });
    }

    /** Starts what can be, and sets the alarm for the rest. */
    async #start(): Promise<void> {
      const stored = this.#stored();
      if (!stored) return;
      const { record, paused } = stored;
      const starter = new FiringStarter(this.#firings, this.#deps, record, scheduleOf(stored).overlap, paused);
      const startedAny = await starter.startDue();
      this.#askMs = startedAny ? FIRST_ASK_MS : Math.min(this.#askMs * 2, MAX_ASK_MS);
      // It may have been deleted meanwhile.
      if (!this.#stored()) return;
      this.#firings.prune();
      this.#arm();
    }

    #arm(): void {
      const stored = this.#stored();
      if (!stored) return;
      const { paused, record, decidedUntil } = stored;
      const now = this.#deps.now();
      const isOn = !paused && record.document.enabled;
      const times = [
        isOn ? nextFireTime(scheduleOf(stored).timetable, decidedUntil) : undefined,
        this.#firings.nextDue(paused),
        this.#firings.headOfQueue(paused) ? now + this.#askMs : undefined,
      ].filter((at) => at !== undefined);
      if (times.length > 0) this.#alarm.ringBy(Math.min(...times, now + MAX_SLEEP_MS));
    }

    #view(stored: Stored, next: number): ScheduleStateView {
      const { paused, record, decidedUntil } = stored;
      const from = Math.max(decidedUntil, this.#deps.now());
      const isOn = !paused && record.document.enabled;
      const times = isOn ? fireTimes(scheduleOf(stored).timetable, from, Number.MAX_SAFE_INTEGER, next) : [];
      return { paused, nextFireTimes: times.map(keyOf), lastFirings: this.#firings.page(SHOWN, undefined).firings };
    }

    /** Nothing else is at work meanwhile. */
    async #inTurn<T>(work: () => Promise<T>): Promise<T> {
      const turn = this.#work.then(work, work);
      this.#work = turn.catch(() => {});
      return turn;
    }

    #stored(): Stored | undefined {
      return this.ctx.storage.kv.get<Stored>("schedule");
    }

    #store(stored: Stored): void {
      this.ctx.storage.kv.put("schedule", stored);
    }
  };
}

function scheduleOf({ record }: Stored): Schedule {
  const read = readSchedule(record.document, record.createdAt);
  if (read.kind === "schedule") return read.schedule;
  throw new Error(`schedule ${record.name} cannot be read: ${read.faults.map(({ message }) => message).join("; ")}`);
}

function timetableText({ cron, timezone, every, at, startAt, endAt }: ScheduleDocument): string {
  return JSON.stringify([cron, timezone, every, at, startAt, endAt]);
}

function keyOf(scheduledAt: number): string {
  return new Date(scheduledAt).toISOString();
}

function refused(message: string): Extract<ScheduleReply<never>, { kind: "refused" }> {
  return { kind: "refused", message };
}
