/** Schedules inside the platform's runtime: real objects, alarms, runs and a worker; only the clock is moved. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyedRunId } from "../../../src/core/run/run-id.ts";
import type { FiringView } from "../../../src/protocol/api/schedule.ts";
import { type ScheduleDocument, triggerDocument } from "../../../src/protocol/api/trigger.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";
import type { ScheduleApi, ScheduleReply } from "../../../src/triggers/schedule-api.ts";

const NINE = Date.parse("2027-03-01T09:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const flowOf = (component: string) => ({
  steps: [{ id: "a", component, input: { $input: "$" } }],
  output: { $step: "a" },
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NINE });
});
afterEach(async () => {
  await env.ECHO.fetch("http://echo/release");
  vi.useRealTimers();
});

/** Each has a namespace, and so an object, of its own. */
class Subject {
  readonly namespace = crypto.randomUUID() as Namespace;
  readonly createdAt = Date.now();

  get stub() {
    return env.SCHEDULES.getByName(`${this.namespace}/nightly`);
  }
  get object(): ScheduleApi {
    return this.stub as unknown as ScheduleApi;
  }
  async put(fields: object): Promise<void> {
    const document = triggerDocument.parse({ type: "schedule", flow: flowOf("/builtin/noop"), ...fields });
    const { namespace, createdAt } = this;
    await this.object.put({ namespace, name: "nightly", document, createdAt, updatedAt: Date.now() });
  }
  /** Moves the clock and rings. */
  async ring(at: number): Promise<void> {
    vi.setSystemTime(at);
    expect(await runDurableObjectAlarm(this.stub)).toBe(true);
  }
  async firings(): Promise<readonly FiringView[]> {
    return (await valueOf(this.object.firings({ limit: 1000 }))).firings;
  }
  /** Oldest first: time, state and reason. */
  async story(): Promise<readonly string[]> {
    return (await this.firings())
      .map(({ id, state, reason }) => [id.slice(11, 16), state, reason].filter((word) => word !== undefined).join(" "))
      .toReversed();
  }
  async run(index = 0): Promise<{ readonly runId: RunId; readonly object: RunObjectApi }> {
    const runId = (await this.firings()).filter((firing) => firing.runId !== undefined)[index]?.runId as RunId;
    return { runId, object: env.RUNS.getByName(`${this.namespace}/${runId}`) as unknown as RunObjectApi };
  }
  async endRun(index = 0): Promise<void> {
    await env.ECHO.fetch("http://echo/release");
    const { runId, object } = await this.run(index);
    await object.summary(runId, { waitMs: 20_000 });
  }
  async alarmAt(): Promise<number | null> {
    return runInDurableObject(this.stub, (_, state) => state.storage.getAlarm());
  }
}

async function valueOf<T>(reply: Promise<ScheduleReply<T>>): Promise<T> {
  const answer = await reply;
  if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
  return answer.value;
}
const hourly = { cron: "0 * * * *" } satisfies Partial<ScheduleDocument>;

describe("a schedule's firings", () => {
  it("TRIG-58: start one run each, at their time, with what they are as input", async () => {
    const subject = new Subject();
    await subject.put({ cron: "30 * * * *", timezone: "Asia/Kathmandu" });
    expect(await subject.alarmAt()).toBe(NINE + 45 * MINUTE);
    await subject.ring(NINE + 45 * MINUTE + 40);
    await subject.ring(NINE + 105 * MINUTE);
    const [second, first] = await subject.firings();
    expect([first?.state, second?.state]).toEqual(["started", "started"]);
    expect(first?.id).toBe("2027-03-01T09:45:00.000Z");
    const run = await subject.run();
    await run.object.summary(run.runId, { waitMs: 20_000 });
    const items = await run.object.items(run.runId, { order: "by_index", offset: 0, limit: 1 });
    expect(items.ok && items.value[0]?.result).toEqual({
      outcome: "success",
      result: {
        scheduledAt: "2027-03-01T10:45:00.000Z",
        firedAt: "2027-03-01T10:45:00.000Z",
        previousFiredAt: "2027-03-01T09:45:00.040Z",
        name: "nightly",
      },
    });
    const key = `trigger/nightly/${subject.createdAt.toString(36)}/2027-03-01T10:45:00.000Z`;
    expect(run.runId).toBe(keyedRunId(subject.namespace, key));
    const summary = await run.object.summary(run.runId);
    expect(summary.ok && summary.value.labels).toEqual({ trigger: "nightly" });
  });

  it("TRIG-58: input is an expression over the firing, or jsonata; one that fails is told", async () => {
    for (const [input, expected] of [
      [
        { day: { $input: "$.scheduledAt" }, fixed: 1 },
        { day: "2027-03-01T10:00:00.000Z", fixed: 1 },
      ],
      [{ jsonata: "$substringBefore(scheduledAt, 'T')" }, "2027-03-01"],
    ] as const) {
      vi.setSystemTime(NINE);
      const subject = new Subject();
      await subject.put({ ...hourly, input });
      await subject.ring(NINE + HOUR);
      const { runId, object } = await subject.run();
      await object.summary(runId, { waitMs: 20_000 });
      const items = await object.items(runId, { order: "by_index", offset: 0, limit: 1 });
      expect(items.ok && items.value[0]?.result).toEqual({ outcome: "success", result: expected });
    }
    vi.setSystemTime(NINE);
    const broken = new Subject();
    await broken.put({ ...hourly, input: { $input: "$.nothing" } });
    await broken.ring(NINE + HOUR);
    expect(await broken.firings()).toMatchObject([{ state: "failed", message: expect.stringContaining("nothing") }]);
    expect(await broken.alarmAt()).toBe(NINE + 2 * HOUR);
  });

  it("TRIG-58: a flow that is not there fails the firing, and the next one is tried", async () => {
    const subject = new Subject();
    await subject.put({ ...hourly, flow: undefined, flowName: "nobody's" });
    await subject.ring(NINE + HOUR);
    expect(await subject.firings()).toMatchObject([{ state: "failed", message: 'there is no flow named "nobody\'s"' }]);
    await subject.ring(NINE + 2 * HOUR);
    expect(await subject.story()).toEqual(["10:00 failed", "11:00 failed"]);
  });

  it("TRIG-53: a single time fires once, and leaves no alarm", async () => {
    const subject = new Subject();
    await subject.put({ at: "2027-03-01T12:00:00+01:00" });
    await subject.ring(NINE + 2 * HOUR);
    expect(await subject.story()).toEqual(["11:00 started"]);
    expect(await subject.alarmAt()).toBeNull();
    expect((await valueOf(subject.object.state({ next: 3 }))).nextFireTimes).toEqual([]);
  });

  it("TRIG-56: jitter delays the start, not the time", async () => {
    const subject = new Subject();
    await subject.put({ ...hourly, jitter: "10m" });
    await subject.ring(NINE + HOUR);
    expect(await subject.story()).toEqual(["10:00 waiting"]);
    const at = (await subject.alarmAt()) ?? 0;
    expect(at).toBeGreaterThan(NINE + HOUR);
    expect(at).toBeLessThan(NINE + HOUR + 10 * MINUTE);
    await subject.ring(at - 1);
    expect(await subject.story()).toEqual(["10:00 waiting"]);
    await subject.ring(at);
    expect(await subject.story()).toEqual(["10:00 started"]);
  });
});

describe("TRIG-55: downtime", () => {
  it("makes up for what was missed in the window, once, and tells of the rest", async () => {
    const subject = new Subject();
    await subject.put({ cron: "*/20 * * * *", catchUp: "1h", overlap: "allow" });
    await evictDurableObject(subject.stub);
    await subject.ring(NINE + 3 * HOUR + 5 * MINUTE);
    expect(await subject.story()).toEqual(["09:20 skipped missed", "11:20 started", "11:40 started", "12:00 started"]);
    expect((await subject.firings()).at(-1)?.message).toContain("missed 6 times");
    expect(await subject.alarmAt()).toBe(NINE + 3 * HOUR + 20 * MINUTE);
  });

  it("fires only the latest where that is asked for", async () => {
    const subject = new Subject();
    await subject.put({ cron: "*/20 * * * *", catchUp: "1h", catchUpMode: "latest" });
    await subject.ring(NINE + 65 * MINUTE);
    expect(await subject.story()).toEqual(["09:20 skipped superseded", "09:40 skipped superseded", "10:00 started"]);
  });

  it("TRIG-59: a clock that jumps back fires nothing twice", async () => {
    const subject = new Subject();
    await subject.put({ ...hourly, overlap: "allow" });
    await subject.ring(NINE + HOUR);
    vi.setSystemTime(NINE + 30 * MINUTE);
    await subject.object.wake();
    await subject.ring(NINE + 30 * MINUTE);
    await subject.ring(NINE + HOUR + 5);
    expect(await subject.story()).toEqual(["10:00 started"]);
    await subject.ring(NINE + 2 * HOUR);
    expect(await subject.story()).toEqual(["10:00 started", "11:00 started"]);
  });

  it("TRIG-59: an object that dies between the row and the run starts this run, and no other", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    await subject.ring(NINE + HOUR);
    const { runId } = await subject.run();
    // As it was before the answer to the start came in.
    await runInDurableObject(subject.stub, async (_, state) => {
      state.storage.sql.exec("UPDATE firings SET state = 'starting', run_id = NULL");
    });
    await abortAllDurableObjects();
    await subject.object.wake();
    await subject.ring(NINE + HOUR + 500);
    expect((await subject.run()).runId).toBe(runId);
    expect(await subject.story()).toEqual(["10:00 started"]);
  });

  it("TRIG-59: an alarm that was lost is set again by the next who asks", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    await runInDurableObject(subject.stub, (_, state) => state.storage.deleteAlarm());
    await abortAllDurableObjects();
    expect((await valueOf(subject.object.state({ next: 1 }))).nextFireTimes).toEqual(["2027-03-01T10:00:00.000Z"]);
    expect(await subject.alarmAt()).toBe(NINE + HOUR);
  });
});

describe("TRIG-57: beside a running run", () => {
  const held = { flow: flowOf("/w/hold"), cron: "*/10 * * * *" };

  it("skip tells of it, and fires again when it has ended", async () => {
    const subject = new Subject();
    await subject.put(held);
    await subject.ring(NINE + 10 * MINUTE);
    await subject.ring(NINE + 20 * MINUTE);
    expect(await subject.story()).toEqual(["09:10 started", "09:20 skipped overlap"]);
    await subject.endRun();
    await subject.ring(NINE + 30 * MINUTE);
    expect(await subject.story()).toEqual(["09:10 started", "09:20 skipped overlap", "09:30 started"]);
  });

  it("queue waits for the end, asks ever less often, and keeps the order", async () => {
    const subject = new Subject();
    await subject.put({ ...held, overlap: "queue" });
    for (const minute of [10, 20, 30]) await subject.ring(NINE + minute * MINUTE);
    expect(await subject.story()).toEqual(["09:10 started", "09:20 waiting overlap", "09:30 waiting overlap"]);
    const waits: number[] = [];
    for (let time = 0; time < 8; time++) {
      const at = (await subject.alarmAt()) ?? 0;
      waits.push(at - Date.now());
      await subject.ring(at);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(60_000);
    await subject.endRun();
    await subject.ring((await subject.alarmAt()) ?? 0);
    expect((await subject.story()).slice(0, 3)).toEqual(["09:10 started", "09:20 started", "09:30 waiting overlap"]);
  });

  it("allow starts beside it", async () => {
    const subject = new Subject();
    await subject.put({ ...held, overlap: "allow" });
    for (const minute of [10, 20]) await subject.ring(NINE + minute * MINUTE);
    expect(await subject.story()).toEqual(["09:10 started", "09:20 started"]);
  });

  it("cancel_running cancels what runs", async () => {
    const subject = new Subject();
    await subject.put({ ...held, overlap: "cancel_running" });
    await subject.ring(NINE + 10 * MINUTE);
    const first = await subject.run();
    await subject.ring(NINE + 20 * MINUTE);
    const summary = await first.object.summary(first.runId, { waitMs: 20_000 });
    expect(summary.ok && summary.value.status).toBe("cancelled");
    expect(await subject.story()).toEqual(["09:10 started", "09:20 started"]);
  });
});

describe("TRIG-60: pause and change", () => {
  it("fires nothing while paused, neither later; put again without a word about it, it stays paused", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    expect(await valueOf(subject.object.hold(true))).toMatchObject({ paused: true, nextFireTimes: [] });
    await subject.ring(NINE + 2 * HOUR + 1);
    await subject.put({ ...hourly, description: "again" });
    expect(await valueOf(subject.object.state({ next: 1 }))).toMatchObject({ paused: true });
    vi.setSystemTime(NINE + 2 * HOUR + 30 * MINUTE);
    expect((await valueOf(subject.object.hold(false))).nextFireTimes[0]).toBe("2027-03-01T12:00:00.000Z");
    await subject.ring(NINE + 3 * HOUR);
    expect(await subject.story()).toEqual(["12:00 started"]);
  });

  it("put again as it is, it loses nothing that is due; with another timetable it begins anew", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    vi.setSystemTime(NINE + HOUR + MINUTE);
    await subject.put({ ...hourly, description: "deployed again" });
    await subject.ring(NINE + HOUR + MINUTE);
    expect(await subject.story()).toEqual(["10:00 started"]);
    vi.setSystemTime(NINE + 2 * HOUR + MINUTE);
    await subject.put({ cron: "30 * * * *" });
    await subject.ring(NINE + 2 * HOUR + 30 * MINUTE);
    expect(await subject.story()).toEqual(["10:00 started", "11:30 started"]);
  });

  it("deleted, it forgets everything and leaves no alarm", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    await subject.ring(NINE + HOUR);
    await subject.object.remove();
    expect(await subject.alarmAt()).toBeNull();
    expect(await subject.object.firings({ limit: 1 })).toEqual({ kind: "not_found" });
  });

  it("TRIG-59: a name that has no schedule stores nothing", async () => {
    const subject = new Subject();
    expect(await subject.object.state({ next: 1 })).toEqual({ kind: "not_found" });
    expect(await subject.object.fire({ id: "x" })).toEqual({ kind: "not_found" });
    await subject.object.wake();
    expect(
      await runInDurableObject(subject.stub, (_, state) =>
        state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'firings'").toArray(),
      ),
    ).toEqual([]);
  });
});

describe("what is asked for", () => {
  it("TRIG-61: fires now, once per key, also while paused", async () => {
    const subject = new Subject();
    await subject.put({ ...hourly, paused: true });
    const first = await valueOf(subject.object.fire({ id: "one" }));
    expect(first).toMatchObject({ id: "request/one", state: "started", cause: "request" });
    expect(await valueOf(subject.object.fire({ id: "one" }))).toEqual(first);
    expect((await valueOf(subject.object.fire({ id: "two" }))).runId).not.toBe(first.runId);
  });

  it("TRIG-61: fires nothing while it is not enabled", async () => {
    const subject = new Subject();
    await subject.put({ ...hourly, enabled: false });
    expect(await subject.object.fire({ id: "one" })).toMatchObject({ kind: "refused" });
    expect(await subject.alarmAt()).toBeNull();
  });

  it("TRIG-62: a backfill fires each time once, in order, however often it is asked", async () => {
    const subject = new Subject();
    await subject.put(hourly);
    const range = { from: NINE - 5 * HOUR, to: NINE - HOUR, limit: 3, overlap: "queue" } as const;
    const report = await valueOf(subject.object.backfill(range));
    expect(report).toEqual({
      queued: ["2027-03-01T04:00:00.000Z", "2027-03-01T05:00:00.000Z", "2027-03-01T06:00:00.000Z"],
      known: [],
      next: "2027-03-01T07:00:00.000Z",
    });
    const again = await valueOf(subject.object.backfill({ ...range, limit: 10 }));
    expect(again).toEqual({ queued: ["2027-03-01T07:00:00.000Z"], known: report.queued });
    for (let index = 0; index < 4; index++) {
      await subject.ring(Math.min((await subject.alarmAt()) ?? 0, NINE + 30 * MINUTE));
      await subject.endRun();
    }
    expect(await subject.story()).toEqual(["04:00 started", "05:00 started", "06:00 started", "07:00 started"]);
    const ids = new Set((await subject.firings()).map(({ runId }) => runId));
    expect(ids.size).toBe(4);
  });

  it("TRIG-62: a time that was skipped is fired by a backfill, one that fired is not", async () => {
    const subject = new Subject();
    await subject.put({ cron: "*/20 * * * *", catchUp: "1h", catchUpMode: "latest" });
    await subject.ring(NINE + 65 * MINUTE);
    const range = { from: NINE, to: NINE + 61 * MINUTE, limit: 10, overlap: "allow" } as const;
    const report = await valueOf(subject.object.backfill(range));
    expect(report.queued).toEqual(["2027-03-01T09:00:00.000Z", "2027-03-01T09:20:00.000Z", "2027-03-01T09:40:00.000Z"]);
    expect(report.known).toEqual(["2027-03-01T10:00:00.000Z"]);
    await subject.ring(NINE + 66 * MINUTE);
    expect(await subject.story()).toEqual(["10:00 started", "09:00 started", "09:20 started", "09:40 started"]);
  });
});
