import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { newRootRunId, rootOf, withOrdinal } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { RunObjectApi, StartRun } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const LONG_MS = 20_000;

function newRunId(): RunId {
  return newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}

function stub(runId: RunId) {
  return env.RUNS.getByName(`${namespace}/${rootOf(runId)}`);
}

function runs(runId: RunId): RunObjectApi {
  return stub(runId) as unknown as RunObjectApi;
}

function request(flowText: string, inputs: readonly Json[] = [{}], more: Partial<StartRun> = {}): StartRun {
  const { flow, diagnostics } = parseFlow(flowText, { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  const text = canonicalFlowText(flow);
  return { namespace, runId: newRunId(), flowId: flowIdOf(text), flowText: text, submission: { inputs }, ...more };
}

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

const echo = (component: string, input = "{ $input: $ }") =>
  `steps: [{ id: a, component: ${component}, input: ${input} }]\noutput: { $step: a }`;

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("RunObject", () => {
  it("runs a flow on a worker behind a service binding and answers the waiting caller", async () => {
    const reply = await valueOf(runs(newRunId()).start(request(echo("/w/echo"), [{ n: 1 }], { waitMs: LONG_MS })));
    expect(reply.summary).toMatchObject({ status: "completed", outcome: "success" });
    expect(reply.results?.[0]?.result).toEqual({ outcome: "success", result: { n: 1 } });
  });

  it("A4 takes the same start twice for one run, and refuses another body under the same id", async () => {
    const start = request(echo("/builtin/noop"), [1], { bodyHash: "x" });
    const first = await valueOf(runs(start.runId).start(start));
    const second = await valueOf(runs(start.runId).start(start));
    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.summary.createdAtSeqno).toBe(first.summary.createdAtSeqno);
    expect(await runs(start.runId).start({ ...start, bodyHash: "y" })).toMatchObject({
      ok: false,
      fault: { kind: "conflict" },
    });
  });

  it("A11 writes nothing when asked for a run that does not exist", async () => {
    const runId = newRunId();
    expect(await runs(runId).summary(runId)).toEqual({ ok: false, fault: { kind: "not_found" } });
    const tables = await runInDurableObject(stub(runId), async (_, state) => {
      const alarm = await state.storage.getAlarm();
      return {
        alarm,
        tables: state.storage.sql
          .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
          .toArray(),
      };
    });
    expect(tables).toEqual({ alarm: null, tables: [] });
  });

  it("refuses an unknown step in overrides and stores nothing", async () => {
    const start = request(echo("/builtin/noop"), [1]);
    const reply = await runs(start.runId).start({
      ...start,
      submission: { inputs: [1], overrides: { steps: { zz: { value: {} } } } },
    });
    expect(reply).toMatchObject({ ok: false, fault: { kind: "invalid", message: "Step 'zz' not found in workflow" } });
    expect(await runs(start.runId).summary(start.runId)).toMatchObject({ ok: false });
  });

  it("A8 keeps a value over 256 KiB as a blob, and gives it back as a value", async () => {
    const flow = `steps:
  - { id: big, component: /w/big, input: { bytes: 700000 } }
  - { id: again, component: /w/echo, input: { v: { $step: big } } }
output: { $step: again, path: v }`;
    const start = request(flow, [{}], { waitMs: LONG_MS });
    const reply = await valueOf(runs(start.runId).start(start));
    expect(reply.results?.[0]?.result).toEqual({ outcome: "success", result: "x".repeat(700_000) });
    const longest = await runInDurableObject(stub(start.runId), (_, state) =>
      state.storage.sql.exec<{ n: number }>("SELECT max(length(value)) AS n FROM journal").one(),
    );
    expect(longest.n).toBeLessThan(256 * 1024);
  });

  it("A8 takes a large input and a large in-turn result the same way", async () => {
    const start = request(echo("/builtin/noop"), ["y".repeat(900_000)], { waitMs: LONG_MS });
    const reply = await valueOf(runs(start.runId).start(start));
    expect(reply.results?.[0]?.result).toEqual({ outcome: "success", result: "y".repeat(900_000) });
  });

  it("A4 sends a call again that was under way when the object was lost, woken by its alarm alone", async () => {
    const start = request(echo("/w/hold"), [7]);
    await valueOf(runs(start.runId).start(start));
    await abortAllDurableObjects();
    await env.ECHO.fetch("http://echo/release");
    expect(await runDurableObjectAlarm(stub(start.runId))).toBe(true);
    await vi.waitUntil(async () => {
      await env.ECHO.fetch("http://echo/release");
      return (await valueOf(runs(start.runId).summary(start.runId))).status === "completed";
    });
    const [step] = await valueOf(runs(start.runId).steps(start.runId, { includeOutputs: true, offset: 0, limit: 10 }));
    expect(step).toMatchObject({ stepId: "a", status: "completed", output: 7, attempt: 2 });
  });

  it("A7 sends calls that find no slot through another object, and once more when that is lost", async () => {
    const flow =
      "steps: [{ id: a, component: /w/hold, foreach: { $input: $ }, input: { $item: $ } }]\noutput: { $step: a }";
    const start = request(flow, [[0, 1, 2, 3, 4, 5]]);
    const counts = async () => {
      const all = await (await env.ECHO.fetch("http://echo/executions")).json<Record<string, number>>();
      return Object.entries(all)
        .filter(([key]) => key.startsWith(start.runId))
        .map(([, count]) => count)
        .toSorted((a, b) => a - b);
    };
    await valueOf(runs(start.runId).start(start));
    await vi.waitUntil(async () => (await counts()).length === 6);
    const dispatcher = env.DISPATCHERS.getByName(`${namespace}/${start.runId}/0`);
    await runInDurableObject(dispatcher, (_, state) => state.abort("lost on purpose")).catch(() => {});
    await vi.waitUntil(async () => (await counts()).join() === "1,1,1,1,2,2");
    await env.ECHO.fetch("http://echo/release");
    const summary = await valueOf(runs(start.runId).summary(start.runId, { waitMs: LONG_MS }));
    expect(summary).toMatchObject({ status: "completed", outcome: "success" });
    const [item] = await valueOf(runs(start.runId).items(start.runId, { order: "by_index", offset: 0, limit: 1 }));
    expect(item?.result).toEqual({ outcome: "success", result: [0, 1, 2, 3, 4, 5] });
  });

  it("keeps a sleeping run over an eviction and wakes it by its alarm", async () => {
    const start = request(echo("/builtin/sleep", "{ duration_ms: 3600000 }"));
    await valueOf(runs(start.runId).start(start));
    await evictDurableObject(stub(start.runId));
    await runDurableObjectAlarm(stub(start.runId));
    const armed = await runInDurableObject(stub(start.runId), (_, state) => state.storage.getAlarm());
    expect((armed ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    expect((await valueOf(runs(start.runId).summary(start.runId))).status).toBe("running");
  });

  it("A6 sleeps while a worker that has taken a call over works, and takes its report after an eviction", async () => {
    const start = request(echo("/w/later"), [{ n: 1 }]);
    await valueOf(runs(start.runId).start(start));
    const taskUrl = await vi.waitUntil(async () => {
      const urls = await (await env.ECHO.fetch("http://echo/tasks")).json<Record<string, string>>();
      return Object.entries(urls).find(([key]) => key.includes(start.runId))?.[1];
    });
    const isHandedOver = () =>
      runInDurableObject(stub(start.runId), (_, { storage }) =>
        storage.sql
          .exec("SELECT * FROM journal")
          .toArray()
          .some((row) => JSON.stringify(row).includes("attempt_handed_over")),
      );
    await vi.waitUntil(isHandedOver);
    await evictDurableObject(stub(start.runId));
    await runDurableObjectAlarm(stub(start.runId));
    await evictDurableObject(stub(start.runId));
    const report = await SELF.fetch(`http://127.0.0.1${new URL(taskUrl).pathname}/complete`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ output: "later" }),
    });
    expect([report.status, await report.json()]).toEqual([200, { accepted: true, repeated: false }]);
    const [step] = await valueOf(runs(start.runId).steps(start.runId, { includeOutputs: true, offset: 0, limit: 10 }));
    expect(step).toMatchObject({ status: "completed", output: "later", attempt: 1 });
  });

  it("fires a due sleep", async () => {
    const start = request(echo("/builtin/sleep", "{ duration_ms: 20 }"), [{}], { waitMs: LONG_MS });
    expect((await valueOf(runs(start.runId).start(start))).summary.status).toBe("completed");
  });

  it("cancels: terminal at once, and the late reply changes nothing", async () => {
    const start = request(echo("/w/hold"), [1]);
    await valueOf(runs(start.runId).start(start));
    expect((await valueOf(runs(start.runId).cancel(start.runId))).status).toBe("cancelled");
    await env.ECHO.fetch("http://echo/release");
    expect(await valueOf(runs(start.runId).summary(start.runId, { waitMs: 1_000 }))).toMatchObject({
      status: "cancelled",
    });
    expect(await valueOf(runs(start.runId).items(start.runId, { order: "by_index", offset: 0, limit: 10 }))).toEqual([
      { itemIndex: 0, status: "cancelled" },
    ]);
  });

  it("streams events from any cursor without a gap, sub-runs included when asked", async () => {
    const flow = `steps:
  - id: e
    component: /builtin/eval
    input: { flow: { $literal: { steps: [{ id: s, component: /w/echo, input: 1 }], output: { $step: s } } }, input: {} }
output: { $step: e }`;
    const start = request(flow, [{}], { waitMs: LONG_MS });
    await valueOf(runs(start.runId).start(start));
    const all = await valueOf(
      runs(start.runId).events(start.runId, { since: 0, limit: 1_000, includeResults: true, includeSubRuns: true }),
    );
    expect(all.ended).toBe(true);
    expect(all.events.map(({ type }) => type)).toEqual([
      "run_created",
      "sub_run_created",
      "step_started",
      "step_completed",
      "item_completed",
      "run_completed",
      "step_completed",
      "item_completed",
      "run_completed",
    ]);
    const collected = [];
    for (let since = 0, ended = false; !ended; ) {
      const page = await valueOf(
        runs(start.runId).events(start.runId, { since, limit: 2, includeResults: true, includeSubRuns: true }),
      );
      collected.push(...page.events);
      since = page.next;
      ended = page.ended;
    }
    expect(collected).toEqual(all.events);
    const own = await valueOf(
      runs(start.runId).events(start.runId, { since: 0, limit: 1_000, includeResults: false, includeSubRuns: false }),
    );
    expect(own.events.every(({ runId }) => runId === start.runId)).toBe(true);
    const child = withOrdinal(start.runId, 1);
    expect(await valueOf(runs(child).summary(child))).toMatchObject({
      runId: child,
      parentRunId: start.runId,
      status: "completed",
    });
  });

  it("tells watchers of new events through a WebSocket that outlives an eviction", async () => {
    const start = request(echo("/w/hold"), [1]);
    await valueOf(runs(start.runId).start(start));
    const response = await stub(start.runId).fetch(`http://run/watch?runId=${start.runId}`, {
      headers: { Upgrade: "websocket" },
    });
    const socket = response.webSocket;
    if (!socket) throw new Error("no socket");
    socket.accept();
    const seen: number[] = [];
    socket.addEventListener("message", ({ data }) => seen.push(Number(data)));
    await valueOf(runs(start.runId).cancel(start.runId));
    await vi.waitUntil(() => seen.length >= 2);
    expect(seen.at(-1)).toBeGreaterThan(seen[0] ?? 0);
    socket.close();
  });

  it("deletes a run that has ended with all it stored, and refuses while it runs", async () => {
    const start = request(echo("/w/hold"), [1]);
    await valueOf(runs(start.runId).start(start));
    expect(await runs(start.runId).delete(start.runId)).toMatchObject({ ok: false, fault: { kind: "precondition" } });
    await valueOf(runs(start.runId).cancel(start.runId));
    expect(await runs(start.runId).delete(start.runId)).toEqual({ ok: true, value: { deleted: true } });
    expect(await runs(start.runId).summary(start.runId)).toMatchObject({ ok: false, fault: { kind: "not_found" } });
  });

  it("arms the alarm of a run that follows a deleted one under the same id", async () => {
    const start = request(echo("/w/hold"), [1]);
    await valueOf(runs(start.runId).start(start));
    await valueOf(runs(start.runId).cancel(start.runId));
    await valueOf(runs(start.runId).delete(start.runId));
    const again = request(echo("/builtin/sleep", "{ duration_ms: 3600000 }"), [{}], { runId: start.runId });
    await valueOf(runs(start.runId).start(again));
    const armed = await runInDurableObject(stub(start.runId), (_, state) => state.storage.getAlarm());
    expect(armed).not.toBeNull();
  });
});
