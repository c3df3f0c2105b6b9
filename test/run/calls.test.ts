/** A7: how many requests of each object wait for response headers, counted at its own fetch, with real transports and workers. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { AttemptCall, AttemptReply } from "../../src/core/ports/transport.ts";
import type { DispatcherApi } from "../../src/dispatch/dispatcher-api.ts";
import { HttpJsonRpcTransport } from "../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import type { SessionCache } from "../../src/dispatch/http-jsonrpc/worker-session.ts";
import type { TaskId } from "../../src/protocol/ids.ts";
import type { CallEnd } from "../../src/run/call-end.ts";
import { MAX_WAITING_CALLS } from "../../src/run/call-slots.ts";
import { Calls } from "../../src/run/calls.ts";
import { CALLS_PER_DISPATCHER, Dispatchers } from "../../src/run/dispatchers.ts";
import { attemptCall } from "../dispatch/attempt-call.ts";
import { HttpWorker, openStream, sendJson } from "../dispatch/http-jsonrpc/http-worker.ts";
import { ManualTimers } from "../dispatch/manual-timers.ts";

/** What the platform lets wait in one object. */
const PLATFORM_LIMIT = 6;

/** An object as the platform counts it: its own transport over a fetch that counts. */
class CountingObject {
  waiting = 0;
  most = 0;
  readonly transport: HttpJsonRpcTransport;

  constructor(url: string, sessions: SessionCache, timers: ManualTimers) {
    const counted = async (request: Request): Promise<Response> => {
      this.waiting += 1;
      this.most = Math.max(this.most, this.waiting);
      try {
        return await fetch(request);
      } finally {
        this.waiting -= 1;
      }
    };
    const blobs = new MemoryBlobStore();
    this.transport = new HttpJsonRpcTransport({
      plugin: "w",
      url,
      worker: url,
      fetch: counted,
      sessions,
      blobs,
      timers,
    });
  }
}

let worker: HttpWorker;
let timers: ManualTimers;
let run: CountingObject;
let dispatchers: CountingObject[];
let ends: { readonly step: number; readonly end: CallEnd }[];
let calls: Calls;
/** Answers the executions that are held, by the order they came in. */
let held: (() => void)[];
let lose: ((cause: Error) => void)[];

beforeEach(async () => {
  held = [];
  ends = [];
  dispatchers = [];
  lose = [];
  timers = new ManualTimers();
  const sessions: SessionCache = new Map();
  worker = await HttpWorker.start({
    "components/execute": (response, { message }) =>
      void held.push(() =>
        sendJson(response, { id: message["id"] ?? null, result: { output: message.params?.["input"] ?? null } }),
      ),
  });
  run = new CountingObject(worker.url, sessions, timers);
  const dispatcher = (index: number): DispatcherApi => {
    const object = (dispatchers[index] ??= new CountingObject(worker.url, sessions, timers));
    const controllers = new Map<string, AbortController>();
    return {
      execute(call: AttemptCall): Promise<AttemptReply> {
        const controller = new AbortController();
        controllers.set(call.taskId, controller);
        const { promise, reject } = Promise.withResolvers<AttemptReply>();
        lose.push(reject);
        return Promise.race([object.transport.execute(call, controller.signal), promise]);
      },
      async abort(taskId) {
        controllers.get(taskId)?.abort();
      },
    };
  };
  calls = new Calls(
    ({ step }, _, end) => void ends.push({ step, end }),
    new Dispatchers(dispatcher),
    (delayMs, then) => void timers.after(delayMs, then),
  );
});
afterEach(() => worker.stop());

function send(step: number): void {
  const taskId = `task-${step}` as TaskId;
  const call = attemptCall({ taskId, idempotencyKey: `${taskId}:0`, input: step, deadlineAt: timers.now() + 1e9 });
  calls.send({ run: 0, item: 0, step }, call, run.transport);
}
function losePatience(): void {
  for (let look = 0; look < 8; look++) timers.advance(50);
}
const arrived = (count: number) => expect.poll(() => held.length, { timeout: 10_000, interval: 5 }).toBe(count);

describe("A7 requests that wait for headers", () => {
  test("stay below the platform's six in every object, in a fan-out of 200 to a worker that answers at the end", async () => {
    for (let step = 0; step < 200; step++) send(step);
    await arrived(MAX_WAITING_CALLS);
    losePatience();
    await arrived(200);
    expect(run.waiting).toBe(MAX_WAITING_CALLS);
    expect(dispatchers).toHaveLength(Math.ceil((200 - MAX_WAITING_CALLS) / CALLS_PER_DISPATCHER));
    for (const answer of held) answer();
    await expect.poll(() => ends.length).toBe(200);
    expect(Math.max(run.most, ...dispatchers.map(({ most }) => most))).toBeLessThanOrEqual(PLATFORM_LIMIT);
    expect(ends.toSorted((a, b) => a.step - b.step).map(({ end }) => end)).toEqual(
      Array.from({ length: 200 }, (_, step) => ({ kind: "success", value: { kind: "inline", json: step } })),
    );
  });

  test("calls that answer in time need no other object", async () => {
    for (let step = 0; step < 12; step++) send(step);
    for (let done = 0; done < 12; done += MAX_WAITING_CALLS) {
      await arrived(done + MAX_WAITING_CALLS);
      for (const answer of held.slice(done)) answer();
    }
    await expect.poll(() => ends.length).toBe(12);
    expect(dispatchers).toEqual([]);
  });

  test("a call whose headers have arrived holds no slot any more", async () => {
    worker.answers["components/execute"] = (response, { message }) => {
      const write = openStream(response);
      response.flushHeaders();
      held.push(() => write({ id: message["id"] ?? null, result: { output: "streamed" } }));
    };
    for (let step = 0; step < 30; step++) send(step);
    await arrived(30);
    expect(run.most).toBeLessThanOrEqual(MAX_WAITING_CALLS);
    expect(dispatchers).toEqual([]);
    for (const answer of held) answer();
    await expect.poll(() => ends.length).toBe(30);
  });

  test("a lost dispatcher loses its calls and frees its room; aborted calls leave the queue and reach the dispatcher", async () => {
    for (let step = 0; step < 6; step++) send(step);
    await arrived(4);
    losePatience();
    await arrived(6);
    lose[0]?.(new Error("the object was reset"));
    await expect.poll(() => ends).toEqual([{ step: 4, end: { kind: "lost" } }]);
    calls.abort({ run: 0, item: 0, step: 5 }, 1);
    await expect.poll(() => dispatchers[0]?.waiting).toBe(1);
    send(6);
    calls.abort({ run: 0, item: 0, step: 6 }, 1);
    losePatience();
    expect(calls.count).toBe(4);
    expect(lose).toHaveLength(2);
    expect(ends).toHaveLength(1);
  });

  test("keep their place in the queue while slots come free fast enough to let them in soon", async () => {
    for (let step = 0; step < 40; step++) send(step);
    for (let answered = 0; answered < 4; answered++) {
      await arrived(MAX_WAITING_CALLS + answered);
      held[answered]?.();
    }
    // Four in one look: at that pace forty would be let in within the longest wait.
    await arrived(MAX_WAITING_CALLS + 4);
    timers.advance(50);
    expect(dispatchers).toEqual([]);
    // None in the next ones: whoever waits leaves through other objects.
    losePatience();
    await arrived(40);
    expect(dispatchers).toHaveLength(Math.ceil((40 - 4 - MAX_WAITING_CALLS) / CALLS_PER_DISPATCHER));
  });
});
