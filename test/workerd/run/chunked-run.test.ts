import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { DEFAULT_SETTINGS } from "../../../src/core/run/engine.ts";
import { newRootRunId, rootOf, withOrdinal } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { ItemResult, RunSubmission } from "../../../src/protocol/run.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const LONG_MS = 20_000;
/** One more than an object takes by itself. */
const MANY = DEFAULT_SETTINGS.chunks.from + 1;
const inputs = Array.from({ length: MANY }, (_, n) => n);
const readAll = { order: "by_index", offset: 0, limit: MANY } as const;
const allEvents = { since: 0, limit: 10_000, includeResults: false, includeSubRuns: true } as const;

const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${rootOf(runId)}`);
const runs = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

async function start(text: string, submission: RunSubmission, waitMs = 0): Promise<RunId> {
  const { flow, diagnostics } = parseFlow(text, { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  await valueOf(runs(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission, waitMs }));
  return runId;
}

/** The runs of the chunks that were started, in order. */
async function chunksOf(runId: RunId): Promise<RunId[]> {
  const { events } = await valueOf(runs(runId).events(runId, allEvents));
  return events.flatMap((event) => (event.type === "chunk_started" ? [event.chunkRunId as RunId] : []));
}

async function ended(runId: RunId) {
  return vi.waitUntil(
    async () => {
      const summary = await valueOf(runs(runId).summary(runId, { waitMs: 1_000 }));
      return summary.status === "running" ? undefined : summary;
    },
    { timeout: LONG_MS },
  );
}

const batch = (component: string) =>
  `steps: [{ id: a, component: ${component}, input: { $input: $ } }]\noutput: { $step: a }`;
const map = (component: string, items = "{ $input: $ }") => `
steps:
  - id: m
    component: /builtin/map
    input:
      workflow: { $literal: { steps: [{ id: a, component: ${component}, input: { $input: $ } }], output: { $step: a } } }
      items: ${items}
output: { $step: m }`;
const outputs = (items: readonly ItemResult[]) =>
  items.map(({ result }) => (result?.outcome === "success" ? result.result : undefined));

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("a run with many items", () => {
  it(
    "RUN-173 runs a batch in chunks and gives its items in order, over all of them",
    async () => {
      const runId = await start(batch("/builtin/noop"), { inputs }, LONG_MS);
      expect(await ended(runId)).toMatchObject({ status: "completed", items: { total: MANY, completed: MANY } });
      const chunks = await chunksOf(runId);
      expect(chunks.length).toBeGreaterThan(1);
      expect(outputs(await valueOf(runs(runId).items(runId, readAll)))).toEqual(inputs);
      const middle = await valueOf(runs(runId).items(runId, { order: "by_index", offset: 240, limit: 20 }));
      expect(middle.map(({ itemIndex }) => itemIndex)).toEqual(inputs.slice(240, 260));
      const late = await valueOf(runs(runId).items(runId, { ...readAll, order: "by_completion" }));
      expect(new Set(late.map(({ itemIndex }) => itemIndex)).size).toBe(MANY);
      expect(await runs(runId).recordedRun(runId)).toMatchObject({ fault: { kind: "precondition" } });
      const [first] = chunks;
      expect(await valueOf(runs(first!).summary(first!))).toMatchObject({ parentRunId: runId, rootRunId: runId });
      const [step] = await valueOf(
        runs(runId).steps(runId, { itemIndex: 700, includeOutputs: true, offset: 0, limit: 5 }),
      );
      expect(step).toMatchObject({ itemIndex: 700, stepId: "a", output: 700 });
      expect(await runs(runId).steps(runId, { includeOutputs: true, offset: 0, limit: 5 })).toMatchObject({
        fault: { kind: "precondition" },
      });
    },
    LONG_MS,
  );

  it(
    "RUN-173 runs a map in chunks and gives the step the results in order",
    async () => {
      const runId = await start(map("/w/echo"), { inputs: [inputs], maxConcurrency: 40 }, LONG_MS);
      await ended(runId);
      const [item] = await valueOf(runs(runId).items(runId, { ...readAll, limit: 1 }));
      expect(item?.result).toEqual({
        outcome: "success",
        result: {
          results: inputs.map((result) => ({ outcome: "success", result })),
          successful: MANY,
          failed: 0,
          skipped: 0,
        },
      });
      const subRun = withOrdinal(runId, 1);
      expect(outputs(await valueOf(runs(subRun).items(subRun, readAll)))).toEqual(inputs);
    },
    LONG_MS,
  );

  it(
    "RUN-173 reads large inputs and results of chunks from the blob store",
    async () => {
      const large = inputs.map((n) => `${n} ${"x".repeat(400)}`);
      const runId = await start(map("/builtin/noop"), { inputs: [large] }, LONG_MS);
      await ended(runId);
      const [item] = await valueOf(runs(runId).items(runId, { ...readAll, limit: 1 }));
      expect(item).toMatchObject({ status: "completed" });
      const result = item?.result?.outcome === "success" ? item.result.result : undefined;
      expect(result).toMatchObject({
        successful: MANY,
        results: large.map((result) => ({ outcome: "success", result })),
      });
    },
    LONG_MS,
  );

  it(
    "RUN-175 goes on with the same chunks after all objects were lost, woken by alarms alone",
    async () => {
      const runId = await start(batch("/w/hold"), { inputs, maxConcurrency: 10 });
      const chunks = await vi.waitUntil(async () => {
        const found = await chunksOf(runId);
        return found.length === 2 ? found : undefined;
      });
      await vi.waitUntil(async () => (await runs(chunks[1]!).summary(chunks[1]!)).ok);
      await abortAllDurableObjects();
      // False where it has rung by itself already.
      for (const object of [runId, ...chunks]) await runDurableObjectAlarm(stub(object));
      // Its own object may come and go while the chunks work.
      await evictDurableObject(stub(runId));
      const summary = await vi.waitUntil(
        async () => {
          await env.ECHO.fetch("http://echo/release");
          const now = await valueOf(runs(runId).summary(runId));
          return now.status === "running" ? undefined : now;
        },
        { timeout: LONG_MS, interval: 1 },
      );
      expect(summary).toMatchObject({ status: "completed", outcome: "success", items: { completed: MANY } });
      const all = await chunksOf(runId);
      expect(all.slice(0, 2)).toEqual(chunks);
      expect(new Set(all).size).toBe(all.length);
      expect(outputs(await valueOf(runs(runId).items(runId, readAll)))).toEqual(inputs);
    },
    2 * LONG_MS,
  );

  it(
    "RUN-176 cancels the chunks with the run, and deletes them with it",
    async () => {
      const runId = await start(map("/w/hold"), { inputs: [inputs] });
      const chunks = await vi.waitUntil(async () => {
        const found = await chunksOf(runId);
        return found.length === 2 ? found : undefined;
      });
      const [first] = chunks;
      await vi.waitUntil(async () => (await runs(first!).summary(first!)).ok);
      expect(await runs(first!).delete(first!)).toMatchObject({ fault: { kind: "precondition" } });
      await valueOf(runs(runId).cancel(runId));
      await vi.waitUntil(async () => (await runs(runId).delete(runId)).ok);
      for (const chunk of [runId, ...chunks]) expect(await runs(chunk).summary(chunk)).toMatchObject({ ok: false });
    },
    LONG_MS,
  );

  it(
    "RUN-178 gives up when too many items of the chunks have failed",
    async () => {
      const runId = await start(`output: { $input: nothing }`, { inputs, toleratedFailures: { count: 3 } }, LONG_MS);
      const summary = await ended(runId);
      expect(summary).toMatchObject({ status: "failed", items: { total: MANY, running: 0 } });
      expect(summary.items.failed).toBeLessThan(20);
    },
    LONG_MS,
  );
});
