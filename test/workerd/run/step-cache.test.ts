/** The step cache inside the platform's runtime: cache objects, runs and a worker that counts what reaches it. */
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
import { newRootRunId, rootOf } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId, TaskId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { CacheApi } from "../../../src/run/cache-api.ts";
import type { RunObjectApi, StartRun } from "../../../src/run/run-api.ts";

const LONG_MS = 20_000;
const DAY_MS = 24 * 60 * 60 * 1000;

function stub(start: StartRun) {
  return env.RUNS.getByName(`${start.namespace}/${rootOf(start.runId)}`);
}

function runs(start: StartRun): RunObjectApi {
  return stub(start) as unknown as RunObjectApi;
}

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

/** Tests do not share results: each has a namespace of its own. */
const newNamespace = () => crypto.randomUUID() as Namespace;

interface Cached {
  readonly component?: string;
  readonly cache?: string;
  readonly foreach?: boolean;
  readonly name?: string;
  readonly more?: string;
}

function request(
  namespace: Namespace,
  input: Json,
  { component = "/w/hold", cache = "{ ttl: 1h }", ...more }: Cached = {},
): StartRun {
  const each = more.foreach ? "foreach: { $input: $ }, input: { $item: $ }" : "input: { $input: $ }";
  const { flow, diagnostics } = parseFlow(
    `name: ${more.name ?? "cached"}\nsteps: [{ id: a, component: ${component}, ${each}, cache: ${cache}${more.more ?? ""} }]\noutput: { $step: a }`,
    { format: "yaml" },
  );
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  const flowText = canonicalFlowText(flow);
  const runId: RunId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  return { namespace, runId, flowId: flowIdOf(flowText), flowText, submission: { inputs: [input] } };
}

/** Executions that have reached the worker for these runs. */
async function reached(...starts: readonly StartRun[]): Promise<number> {
  const all = await (await env.ECHO.fetch("http://echo/executions")).json<Record<string, number>>();
  return Object.entries(all)
    .filter(([key]) => starts.some(({ runId }) => key.startsWith(runId)))
    .reduce((sum, [, count]) => sum + count, 0);
}

async function stepOf(start: StartRun) {
  const [step] = await valueOf(runs(start).steps(start.runId, { includeOutputs: true, offset: 0, limit: 10 }));
  return step;
}

/** Runs it to its end; a held call is let go as often as it takes. */
async function finish(start: StartRun) {
  await valueOf(runs(start).start(start));
  return ended(start);
}

async function ended(start: StartRun) {
  await vi.waitUntil(
    async () => {
      await env.ECHO.fetch("http://echo/release");
      return (await valueOf(runs(start).summary(start.runId))).status !== "running";
    },
    { timeout: LONG_MS },
  );
  const [item] = await valueOf(runs(start).items(start.runId, { order: "by_index", offset: 0, limit: 1 }));
  return item?.result;
}

/** The cache object that a run's step asked, once it has asked. */
async function cacheOf(start: StartRun): Promise<DurableObjectStub> {
  const key = await vi.waitUntil(async () => {
    const rows = await runInDurableObject(stub(start), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM journal").toArray(),
    );
    return rows.length > 0 ? await keyOf(start) : undefined;
  });
  return env.CACHE.getByName(`${start.namespace}/${key}`);
}

/** As the engine names it; computed by the engine itself. */
async function keyOf(start: StartRun): Promise<string> {
  const { MemoryRun } = await import("../../support/memory-run.ts");
  const { parseConfig } = await import("../../../src/core/config/index.ts");
  const { ConfigComponentResolver } = await import("../../../src/dispatch/component-resolver.ts");
  const { config } = parseConfig(env.STEPFLOW_CONFIG ?? "");
  if (!config) throw new Error("no configuration");
  const run = MemoryRun.start(start.flowText ?? "", {
    inputs: start.submission.inputs,
    resolver: new ConfigComponentResolver(config),
  });
  return run.calls[0]?.call.cache?.key ?? "";
}

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("the step cache", () => {
  it("RUN-152 makes equal calls of several runs at the same time once, and marks those that used the result", async () => {
    const namespace = newNamespace();
    const starts = Array.from({ length: 5 }, () => request(namespace, { q: 1 }));
    await Promise.all(starts.map((start) => valueOf(runs(start).start(start))));
    await vi.waitUntil(async () => (await reached(...starts)) === 1);
    for (const start of starts) expect(await ended(start)).toEqual({ outcome: "success", result: { q: 1 } });
    expect(await reached(...starts)).toBe(1);
    const steps = await Promise.all(starts.map(stepOf));
    expect(steps.filter((step) => step?.cached)).toHaveLength(4);
    const events = await Promise.all(
      starts.map((start) =>
        valueOf(
          runs(start).events(start.runId, { since: 0, limit: 100, includeResults: false, includeSubRuns: false }),
        ),
      ),
    );
    expect(events.flatMap((page) => page.events).filter((event) => "cached" in event)).toHaveLength(4);
  });

  it("RUN-152 makes equal calls over the elements of a step once, however many wait", async () => {
    const start = request(
      newNamespace(),
      Array.from({ length: 30 }, (_, i) => i % 3),
      { foreach: true, more: ", maxConcurrency: 30" },
    );
    expect(await finish({ ...start, submission: { ...start.submission, maxConcurrency: 30 } })).toMatchObject({
      outcome: "success",
      result: Array.from({ length: 30 }, (_, i) => i % 3),
    });
    expect(await reached(start)).toBe(3);
  });

  it("RUN-152 uses a result that is there without a call", async () => {
    const namespace = newNamespace();
    const [first, second] = [
      request(namespace, "x", { component: "/w/echo" }),
      request(namespace, "x", { component: "/w/echo" }),
    ];
    expect(await finish(first)).toEqual({ outcome: "success", result: "x" });
    expect(await finish(second)).toEqual({ outcome: "success", result: "x" });
    expect([await reached(first), await reached(second)]).toEqual([1, 0]);
    expect([(await stepOf(first))?.cached, (await stepOf(second))?.cached]).toEqual([undefined, true]);
  });

  it("RUN-150 shares nothing with other namespaces, and between flows only what is global", async () => {
    const namespace = newNamespace();
    const own = { component: "/w/echo" };
    const global = { component: "/w/echo", cache: "{ ttl: 1h, scope: global }" };
    const starts = [
      request(namespace, 1, own),
      request(newNamespace(), 1, own),
      request(namespace, 1, { ...own, name: "other" }),
      request(namespace, 1, global),
      request(namespace, 1, { ...global, name: "other" }),
    ];
    const counts = [];
    for (const start of starts) {
      await finish(start);
      counts.push(await reached(start));
    }
    expect(counts).toEqual([1, 1, 1, 1, 0]);
  });

  it("RUN-153 does not keep a failure: each run makes the call itself", async () => {
    const namespace = newNamespace();
    const starts = [0, 1].map(() => request(namespace, { message: "no" }, { component: "/w/fail" }));
    for (const start of starts)
      expect(await finish(start)).toMatchObject({ outcome: "failed", error: { code: "COMPONENT_FAILED" } });
    expect(await Promise.all(starts.map((start) => reached(start)))).toEqual([1, 1]);
  });

  it("RUN-153 uses no result older than the reader's ttl, nor than the writer's", async () => {
    const namespace = newNamespace();
    const global = (ttl: string) =>
      request(namespace, "t", { component: "/w/echo", cache: `{ ttl: ${ttl}, scope: global }` });
    const first = global("1h");
    await finish(first);
    const brief = () => {
      const start = global("1ms");
      return finish(start).then(() => reached(start));
    };
    // By the time the first run has ended and the second has asked, a millisecond is over.
    await vi.waitUntil(async () => (await brief()) === 1);
    const later = global("1h");
    await finish(later);
    expect(await reached(later)).toBe(1);
  });

  it("RUN-153 erases what has expired by its alarm, and nothing before", async () => {
    const start = request(newNamespace(), "e", { component: "/w/echo", cache: "{ ttl: 200ms }" });
    await finish(start);
    const cache = await cacheOf(start);
    const stored = () => runInDurableObject(cache, (_, { storage }) => [...storage.kv.list()].length);
    await vi.waitUntil(async () => (await stored()) === 0);
    expect(await runDurableObjectAlarm(cache)).toBe(false);
    const kept = request(newNamespace(), "e", { component: "/w/echo" });
    await finish(kept);
    const other = await cacheOf(kept);
    expect(await runDurableObjectAlarm(other)).toBe(true);
    expect(await runInDurableObject(other, (_, { storage }) => [...storage.kv.list()].length)).toBe(1);
    expect(await runDurableObjectAlarm(other)).toBe(true);
  });

  it("RUN-153 keeps a large result as a pointer to its blob", async () => {
    const namespace = newNamespace();
    const starts = [0, 1].map(() => request(namespace, { bytes: 700_000 }, { component: "/w/big" }));
    for (const start of starts)
      expect(await finish(start)).toEqual({ outcome: "success", result: "x".repeat(700_000) });
    expect(await reached(...starts)).toBe(1);
    const [first] = starts;
    if (!first) throw new Error("no run");
    const cache = await cacheOf(first);
    const sizes = await runInDurableObject(cache, (_, { storage }) =>
      [...storage.kv.list()].map(([, value]) => JSON.stringify(value).length),
    );
    expect(Math.max(...sizes)).toBeLessThan(1_000);
  });

  it("RUN-153 makes the call again when the blob of a large result is gone", async () => {
    const namespace = newNamespace();
    const big = () => request(namespace, { bytes: 300_000 }, { component: "/w/big" });
    await finish(big());
    for (const { key } of (await env.BLOBS.list({ prefix: `ns/${namespace}/` })).objects) await env.BLOBS.delete(key);
    const again = big();
    expect(await finish(again)).toEqual({ outcome: "success", result: "x".repeat(300_000) });
    expect(await reached(again)).toBe(1);
  });

  it("RUN-154 lets a run that was lost with its call lead again, and the others wait for it", async () => {
    const namespace = newNamespace();
    const [leader, follower] = [request(namespace, "l"), request(namespace, "l")];
    await valueOf(runs(leader).start(leader));
    await vi.waitUntil(async () => (await reached(leader)) === 1);
    await valueOf(runs(follower).start(follower));
    await abortAllDurableObjects();
    await runDurableObjectAlarm(stub(follower));
    await runDurableObjectAlarm(stub(leader));
    await vi.waitUntil(async () => (await reached(leader)) === 2);
    expect(await ended(leader)).toEqual({ outcome: "success", result: "l" });
    expect(await ended(follower)).toEqual({ outcome: "success", result: "l" });
    expect(await reached(follower)).toBe(0);
  });

  it("RUN-154 lets the next one make the call when the first was cancelled", async () => {
    const namespace = newNamespace();
    const [leader, follower] = [request(namespace, "c"), request(namespace, "c")];
    await valueOf(runs(leader).start(leader));
    await vi.waitUntil(async () => (await reached(leader)) === 1);
    await valueOf(runs(follower).start(follower));
    await valueOf(runs(leader).cancel(leader.runId));
    await vi.waitUntil(async () => (await reached(follower)) === 1);
    expect(await ended(follower)).toEqual({ outcome: "success", result: "c" });
    expect((await stepOf(follower))?.cached).toBeUndefined();
  });

  it("RUN-154 lets the next one make the call when the time of a leader that is gone for good is over", async () => {
    const start = request(newNamespace(), "d");
    const cache = (await cacheStub(start)) as unknown as CacheApi;
    const lost = { taskId: "gone/0/0" as TaskId, attempt: 1, ttlMs: DAY_MS };
    expect(await cache.acquire({ ...lost, deadlineAt: Date.now() + 400 })).toEqual({ kind: "lead" });
    expect(await finish(start)).toEqual({ outcome: "success", result: "d" });
    expect(await reached(start)).toBe(1);
  });

  it("RUN-155 gives the report on a call that its worker has taken over to those who wait, and to later ones", async () => {
    const namespace = newNamespace();
    const later = () => request(namespace, "w", { component: "/w/later", cache: "{ ttl: 1h }", more: ", timeout: 2h" });
    const [leader, follower] = [later(), later()];
    await valueOf(runs(leader).start(leader));
    const taskUrl = await taskUrlOf(leader);
    await vi.waitUntil(async () => (await leaseOf(leader))?.["isHandedOver"] === true);
    await evictDurableObject(stub(leader));
    await SELF.fetch(`http://127.0.0.1${new URL(taskUrl).pathname}/complete`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ output: "reported" }),
    });
    await vi.waitUntil(async () => (await leaseOf(leader)) === undefined);
    expect(await finish(follower)).toEqual({ outcome: "success", result: "reported" });
    expect((await stepOf(follower))?.cached).toBe(true);
  });

  it("RUN-155 does not wait for a report that may come after one's own deadline: the call is made", async () => {
    const namespace = newNamespace();
    const start = request(namespace, "p");
    const cache = (await cacheStub(start)) as unknown as CacheApi;
    const other = "other/0/0" as TaskId;
    await cache.acquire({ taskId: other, attempt: 1, ttlMs: DAY_MS, deadlineAt: Date.now() + 60_000 });
    await cache.hold(other, 1, Date.now() + DAY_MS);
    expect(await finish(start)).toEqual({ outcome: "success", result: "p" });
    expect(await reached(start)).toBe(1);
    const after = request(namespace, "p");
    expect(await finish(after)).toEqual({ outcome: "success", result: "p" });
    expect(await reached(after)).toBe(0);
  });

  it("RUN-156 goes on waiting when the cache object is lost", async () => {
    const namespace = newNamespace();
    const [leader, follower] = [request(namespace, "o"), request(namespace, "o")];
    await valueOf(runs(leader).start(leader));
    await vi.waitUntil(async () => (await reached(leader)) === 1);
    await valueOf(runs(follower).start(follower));
    const abort = (_: unknown, state: DurableObjectState) => state.abort("lost");
    await runInDurableObject(await cacheOf(leader), abort).catch(() => undefined);
    expect(await ended(leader)).toEqual({ outcome: "success", result: "o" });
    expect(await ended(follower)).toEqual({ outcome: "success", result: "o" });
    expect(await reached(leader, follower)).toBe(1);
  });
});

async function cacheStub(start: StartRun): Promise<DurableObjectStub> {
  return env.CACHE.getByName(`${start.namespace}/${await keyOf(start)}`);
}

async function leaseOf(start: StartRun): Promise<Record<string, unknown> | undefined> {
  return runInDurableObject(await cacheStub(start), (_, { storage }) =>
    storage.kv.get<Record<string, unknown>>("lease"),
  );
}

async function taskUrlOf(start: StartRun): Promise<string> {
  const found = await vi.waitUntil(async () => {
    const urls = await (await env.ECHO.fetch("http://echo/tasks")).json<Record<string, string>>();
    return Object.entries(urls).find(([key]) => key.includes(start.runId))?.[1];
  });
  return found ?? "";
}
