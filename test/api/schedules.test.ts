/** Schedules over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const CONFIG = JSON.stringify({
  plugins: { builtin: { type: "builtin" } },
  triggers: { configured: { type: "schedule", flow: echoFlow, cron: "0 0 1 1 *", timezone: "Europe/Berlin" } },
});
let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator({ STEPFLOW_CONFIG: CONFIG });
});
afterAll(() => api.dispose());

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  api.call(method, `/api/v1/triggers${path}`, body, headers);
const yearly = { type: "schedule", flow: echoFlow, cron: "0 0 1 1 *" };

describe("TRIG-54: what cannot be meant is refused, with its field", () => {
  const { cron: _, ...untimed } = yearly;
  test.each([
    [{ ...yearly, cron: "0 0 30 2 *" }, "/cron", "never comes"],
    [{ ...yearly, cron: "0 25 * * *" }, "/cron", "hour: 25"],
    [{ ...yearly, timezone: "Europe/Berlim" }, "/timezone", "IANA"],
    [untimed, "/cron", "give one of"],
    [{ ...yearly, every: "1h" }, "/every", "only one of"],
    [{ ...untimed, every: "10ms" }, "/every", "shorter than a second"],
    [{ ...untimed, every: "1h", timezone: "UTC" }, "/timezone", "goes with `cron` only"],
    [{ ...untimed, every: "soon" }, "/every", "not a duration"],
    [{ ...untimed, at: "2020-01-01T00:00:00Z" }, "/at", "is over"],
    [{ ...untimed, at: "tomorrow" }, "/at", "datetime"],
    [{ ...yearly, jitter: "2d" }, "/jitter", "longer than a day"],
    [{ ...yearly, catchUp: "8d" }, "/catchUp", "longer than 7 days"],
    [{ ...yearly, startAt: "2030-01-02T00:00:00Z", endAt: "2030-01-01T00:00:00Z" }, "/endAt", "not after"],
    [{ ...untimed, at: "2099-01-02T00:00:00Z", endAt: "2099-01-01T00:00:00Z" }, "/at", "outside"],
    [{ ...yearly, overlap: "maybe" }, "/overlap", "skip"],
    [{ ...yearly, input: { $template: "{{ $.input" } }, "/input", "}}"],
    [{ ...yearly, signature: { scheme: "none" } }, "/", "signature"],
  ])("%j", async (document, pointer, message) => {
    const { status, body } = await call("PUT", "/bad", document);
    expect([status, body.error?.details.faults]).toEqual([
      400,
      [{ pointer, message: expect.stringContaining(message) }],
    ]);
    expect((await call("GET", "/bad")).status).toBe(404);
  });
});

test("TRIG-63: tells its next fire times, as many as asked for, and its last firings", async () => {
  const put = await call("PUT", "/yearly", { ...yearly, timezone: "America/New_York" });
  expect([put.status, put.body.warnings]).toEqual([201, undefined]);
  const { body } = await call("GET", "/yearly?next=3");
  expect(body).toMatchObject({ type: "schedule", cron: "0 0 1 1 *", paused: false, lastFirings: [] });
  expect(body.nextFireTimes).toHaveLength(3);
  expect(body.nextFireTimes.every((time: string) => /^20\d\d-01-01T05:00:00\.000Z$/.test(time))).toBe(true);
  const fired = await call("POST", "/yearly/fire", undefined, { "idempotency-key": "k" });
  expect([fired.status, fired.body.state]).toEqual([202, "started"]);
  expect((await call("POST", "/yearly/fire", {}, { "idempotency-key": "k" })).body).toEqual(fired.body);
  expect((await call("GET", "/yearly")).body.lastFirings).toEqual([fired.body]);
  expect((await api.call("GET", `/api/v1/runs/${fired.body.runId}`)).body.labels).toEqual({ trigger: "yearly" });
});

test("TRIG-60: pause and resume", async () => {
  await call("PUT", "/held", yearly);
  expect((await call("POST", "/held/pause")).body).toMatchObject({ name: "held", paused: true, nextFireTimes: [] });
  expect((await call("PUT", "/held", yearly)).status).toBe(200);
  expect((await call("GET", "/held")).body.paused).toBe(true);
  expect((await call("POST", "/held/resume")).body.nextFireTimes).toHaveLength(5);
});

test("TRIG-62: backfill and its firings, in pages", async () => {
  await call("PUT", "/past", yearly);
  const range = { from: "2015-01-01T00:00:00Z", to: "2019-01-01T00:00:00Z", overlap: "allow" };
  const report = await call("POST", "/past/backfill", { ...range, limit: 3 });
  expect([report.status, report.body.queued.length, report.body.next]).toEqual([202, 3, "2018-01-01T00:00:00.000Z"]);
  expect((await call("POST", "/past/backfill", range)).body).toMatchObject({
    queued: ["2018-01-01T00:00:00.000Z"],
    known: report.body.queued,
  });
  await expect
    .poll(async () => (await call("GET", "/past/firings")).body.firings.map(({ state }: { state: string }) => state))
    .toEqual(["started", "started", "started", "started"]);
  const first = await call("GET", "/past/firings?limit=3");
  const second = await call("GET", `/past/firings?limit=3&cursor=${first.body.nextCursor}`);
  const ids = [...first.body.firings, ...second.body.firings].map(({ id }: { id: string }) => id);
  expect(ids).toEqual(["2018", "2017", "2016", "2015"].map((year) => `${year}-01-01T00:00:00.000Z`));
  expect(second.body.nextCursor).toBeUndefined();
  const future = await call("POST", "/past/backfill", { ...range, to: "2099-01-01T00:00:00Z" });
  expect([future.status, future.body.error.details.faults[0].pointer]).toEqual([400, "/to"]);
  const turned = await call("POST", "/past/backfill", { from: range.to, to: range.from });
  expect([turned.status, turned.body.error.details.faults[0].pointer]).toEqual([400, "/to"]);
});

test("TRIG-64: a schedule of the configuration is there, can be held, and is not put", async () => {
  const { body } = await call("GET", "/configured?next=1");
  expect(body).toMatchObject({ source: "config", paused: false });
  expect(body.nextFireTimes[0]).toMatch(/^20\d\d-12-31T23:00:00\.000Z$/);
  expect((await call("POST", "/configured/pause")).body.paused).toBe(true);
  expect((await call("GET", "/configured")).body.paused).toBe(true);
  expect((await call("PUT", "/configured", yearly)).status).toBe(409);
});

test("TRIG-61: a webhook is no schedule, and nobody's name is nothing", async () => {
  await call("PUT", "/hook", { type: "webhook", flow: echoFlow, signature: { scheme: "none" } });
  for (const path of ["/hook/fire", "/hook/pause"]) {
    const refused = await call("POST", path);
    expect([refused.status, refused.body.error.message]).toEqual([409, expect.stringContaining("not a schedule")]);
  }
  expect((await call("POST", "/nobody/fire")).status).toBe(404);
  expect((await call("GET", "/nobody/firings")).status).toBe(404);
});

test("TRIG-63: a trigger that changes its type ends what it was", async () => {
  await call("PUT", "/changing", yearly);
  expect(
    (await call("PUT", "/changing", { type: "webhook", flow: echoFlow, signature: { scheme: "none" } })).status,
  ).toBe(200);
  expect((await call("GET", "/changing")).body.nextFireTimes).toBeUndefined();
  expect((await call("PUT", "/changing", yearly)).status).toBe(200);
  expect((await call("GET", "/changing")).body.lastFirings).toEqual([]);
  expect((await call("DELETE", "/changing")).status).toBe(200);
});

test("TRIG-7: who may not start its runs can neither fire it, nor let it go on", async () => {
  await call("PUT", "/wide", yearly);
  const made = await api.call("POST", "/api/v1/tokens", {
    name: "narrow",
    scopes: ["triggers"],
    allowComponents: ["/builtin/noop"],
  });
  const bearer = { authorization: `Bearer ${made.body.token}` };
  const range = { from: "2015-01-01T00:00:00Z", to: "2019-01-01T00:00:00Z" };
  expect((await call("POST", "/wide/fire", {}, bearer)).status).toBe(403);
  expect((await call("POST", "/wide/resume", undefined, bearer)).status).toBe(403);
  expect((await call("POST", "/wide/backfill", range, bearer)).status).toBe(403);
  expect((await call("POST", "/wide/pause", undefined, bearer)).status).toBe(200);
  expect((await call("GET", "/wide/firings")).body.firings).toEqual([]);
  expect((await call("PUT", "/narrow", yearly, bearer)).body.allowComponents).toEqual(["/builtin/noop"]);
  expect((await call("POST", "/narrow/fire", {}, bearer)).body.state).toBe("started");
});
