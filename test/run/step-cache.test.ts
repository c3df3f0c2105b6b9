/** Calls with a `cache` as the run's object sends them, over caches that fail or keep them waiting. */
import { expect, it, vi } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { AttemptCall, Transport } from "../../src/core/ports/transport.ts";
import type { TaskId } from "../../src/protocol/ids.ts";
import type { CacheAnswer, CacheApi } from "../../src/run/cache-api.ts";
import type { CallEnd } from "../../src/run/call-end.ts";
import { MAX_WAITING_CALLS } from "../../src/run/call-slots.ts";
import { Calls } from "../../src/run/calls.ts";
import { StepCache } from "../../src/run/step-cache.ts";
import { attemptCall } from "../dispatch/attempt-call.ts";

const unreachable = (): never => {
  throw new Error("the object cannot be reached");
};
const noDispatchers = { execute: unreachable };

function cacheWith(acquire: CacheApi["acquire"]) {
  const told: string[] = [];
  const object: CacheApi = {
    acquire,
    put: async (value) => void told.push(`put ${JSON.stringify(value)}`),
    hold: async () => void told.push("hold"),
    release: async (taskId, attempt) => void told.push(`release ${taskId} ${attempt}`),
  };
  return { told, cache: new StepCache(() => object, new MemoryBlobStore()) };
}

function callsOver(cache: StepCache) {
  const ends: { readonly step: number; readonly end: CallEnd }[] = [];
  const calls = new Calls(
    ({ step }, _, end) => ends.push({ step, end }),
    noDispatchers,
    () => {},
    { cache },
  );
  const send = (step: number, transport: Transport, more: Partial<AttemptCall> = { cache: { key: "k", ttlMs: 1 } }) =>
    calls.send({ run: 0, item: 0, step }, attemptCall({ taskId: `r/0/${step}` as TaskId, ...more }), transport);
  return { calls, ends, send };
}

/** A worker whose calls are held. */
function holding(): { readonly transport: Transport; readonly waiting: AttemptCall[]; finish(): void } {
  const waiting: AttemptCall[] = [];
  const held = Promise.withResolvers<void>();
  return {
    waiting,
    finish: held.resolve,
    transport: {
      async execute(call) {
        waiting.push(call);
        await held.promise;
        return { kind: "success", value: { kind: "inline", json: 1 } };
      },
      listComponents: unreachable,
    },
  };
}

it("RUN-156 makes the call when the cache cannot be reached, and still offers its result", async () => {
  vi.useFakeTimers();
  try {
    const { cache, told } = cacheWith(unreachable);
    const { ends, send } = callsOver(cache);
    const worker = holding();
    worker.finish();
    send(0, worker.transport);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toEqual([{ step: 0, end: { kind: "success", value: { kind: "inline", json: 1 } } }]);
    expect(told).toEqual(['put {"kind":"text","text":"1"}']);
  } finally {
    vi.useRealTimers();
  }
});

it("RUN-156 holds no slot while it waits: other calls leave", async () => {
  const answers: ((answer: CacheAnswer) => void)[] = [];
  const { cache } = cacheWith(() => new Promise((resolve) => answers.push(resolve)));
  const { ends, send } = callsOver(cache);
  const worker = holding();
  for (let step = 0; step < 3 * MAX_WAITING_CALLS; step++) send(step, worker.transport);
  send(100, worker.transport, {});
  expect(worker.waiting.map(({ taskId }) => taskId)).toEqual(["r/0/100"]);
  for (const answer of answers) answer({ kind: "hit", value: { kind: "text", text: '"there"' } });
  await vi.waitUntil(() => ends.length === 3 * MAX_WAITING_CALLS);
  expect(ends[0]?.end).toMatchObject({ kind: "success", cached: true, value: { json: "there" } });
  expect(worker.waiting).toHaveLength(1);
});

it("RUN-154 gives the lead away when the attempt is told to stop: waiting, leading, or when the lead comes too late", async () => {
  const answers: ((answer: CacheAnswer) => void)[] = [];
  const { cache, told } = cacheWith(() => new Promise((resolve) => answers.push(resolve)));
  const { calls, ends, send } = callsOver(cache);
  const worker = holding();
  send(0, worker.transport);
  send(1, worker.transport);
  answers[0]?.({ kind: "lead" });
  await vi.waitUntil(() => worker.waiting.length === 1);
  for (const step of [0, 1]) calls.abort({ run: 0, item: 0, step }, 1);
  answers[1]?.({ kind: "lead" });
  await vi.waitUntil(() => told.length === 2);
  expect(told.toSorted()).toEqual(["release r/0/0 1", "release r/0/1 1"]);
  expect([ends, worker.waiting.length]).toEqual([[], 1]);
});
