import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/protocol/json.ts";
import { type CallEffect, MemoryRun, type MemoryRunOptions } from "../../support/memory-run.ts";

const HOUR = 3_600_000;

function flow(cache: string, input = "{ $input: $ }", name = "f"): string {
  return `name: ${name}\nsteps: [{ id: a, component: /w/a, input: ${input}, cache: ${cache} }]\noutput: { $step: a }`;
}

function keyOf(text: string, input: Json, options: MemoryRunOptions = {}): string | undefined {
  return MemoryRun.start(text, { ...options, inputs: [input] }).call("a").call.cache?.key;
}

function caches(run: MemoryRun): readonly string[] {
  return run.cacheEffects.map((effect) =>
    effect.kind === "hold_cache" ? `hold until +${effect.until - run.now}` : JSON.stringify(effect.value ?? null),
  );
}

describe("the name of a cached call", () => {
  const own = flow("{ ttl: 1h }");

  it("RUN-150 is the same for the same input, in whatever order its keys come, and another one for another input", () => {
    const key = keyOf(own, { a: 1, b: [{ c: 2, d: 3 }] });
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf(own, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(key);
    expect(keyOf(own, { a: 1, b: [{ c: 2, d: 4 }] })).not.toBe(key);
  });

  it("RUN-150 tells flows apart unless the scope is global, and always components", () => {
    expect(keyOf(flow("{ ttl: 1h }", "1", "g"), 0)).not.toBe(keyOf(flow("{ ttl: 1h }", "1"), 0));
    const global = (name: string) => keyOf(flow("{ ttl: 1h, scope: global }", "1", name), 0);
    expect(global("g")).toBe(global("f"));
    const other =
      "steps: [{ id: a, component: /w/b, input: 1, cache: { ttl: 1h, scope: global } }]\noutput: { $step: a }";
    expect(keyOf(other, 0)).not.toBe(global("f"));
  });

  it("RUN-150 does not depend on how long results are kept, and an input is not a key", () => {
    const keep = (ttl: string) => keyOf(flow(`{ ttl: ${ttl}, scope: global }`, "x"), 0);
    expect(keep("1s")).toBe(keep("1h"));
    expect(keyOf(flow("{ ttl: 1s, scope: global, key: x }", "y"), 0)).not.toBe(keep("1s"));
  });

  it("RUN-150 is absent where nothing is called", () => {
    const run = MemoryRun.start(
      "steps: [{ id: a, component: /builtin/noop, input: 1, cache: { ttl: 1h } }]\noutput: { $step: a }",
    );
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
    expect(
      MemoryRun.start("steps: [{ id: a, component: /w/a }]\noutput: { $step: a }").call("a").call,
    ).not.toHaveProperty("cache");
  });

  it("RUN-151 is its key's alone, which sees the element", () => {
    const run = MemoryRun.start(
      `steps:
  - id: a
    component: /w/a
    foreach: { $input: $ }
    input: [{ $index: true }, { $item: $ }]
    cache: { ttl: 1h, key: { $item: $.id } }
output: { $step: a }`,
      { inputs: [[{ id: 1 }, { id: 2 }, { id: 1 }]] },
    );
    const [first, second, third] = run.calls.map(({ call }) => call.cache?.key);
    expect(third).toBe(first);
    expect(second).not.toBe(first);
  });

  it("RUN-151 waits for what its key refers to, and shares its failure", () => {
    const text = `steps:
  - { id: version, component: /w/version }
  - { id: a, component: /w/a, input: 1, cache: { ttl: 1h, key: { $step: version } } }
output: { $step: a }`;
    const run = MemoryRun.start(text);
    expect(run.calledSteps()).toEqual(["version"]);
    run.succeed(run.call("version"), "v1");
    expect(run.calledSteps()).toEqual(["a"]);
    const failing = MemoryRun.start(text);
    failing.fail(failing.call("version"));
    expect(failing.calledSteps()).toEqual([]);
    expect(failing.results()).toMatchObject([{ outcome: "failed", error: { code: "COMPONENT_FAILED" } }]);
  });

  it("RUN-151 is told once the blobs that its key reads are there", () => {
    const text = `steps:
  - { id: big, component: /w/big }
  - { id: a, component: /w/a, input: 1, cache: { ttl: 1h, key: { $step: big, path: $.id } } }
output: { $step: a }`;
    const run = MemoryRun.start(text, { holdFetches: true });
    run.settle(run.call("big"), { kind: "success", value: run.blob({ id: 7 }) });
    expect(run.calledSteps()).toEqual([]);
    run.supply();
    expect(run.call("a").call.cache?.key).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("cached results and calls", () => {
  it("RUN-152 mark the step that used one", () => {
    const run = MemoryRun.start(flow("{ ttl: 1h }"));
    run.settle(run.call("a"), { kind: "success", value: { kind: "inline", json: 1 }, cached: true });
    expect(run.entries.find(({ event }) => event.kind === "step_completed")?.event).toMatchObject({ cached: true });
    expect(run.results()).toEqual([{ outcome: "success", result: 1 }]);
  });

  it("RUN-154 keep their name when they are sent again", async () => {
    const run = MemoryRun.start(flow("{ ttl: 1h }"));
    const { cache, taskId } = run.call("a").call;
    await run.reload();
    expect(run.call("a").call).toMatchObject({ cache, taskId, attempt: 2 });
  });

  function handOver(run: MemoryRun, { task, call }: CallEffect, forMs: number, isFirst: boolean): void {
    const deadlineAt = run.now + forMs;
    const cache = isFirst && call.cache ? { cache: call.cache } : {};
    run.post({ kind: "hand_over_attempt", task, attempt: call.attempt, deadlineAt, ...cache });
  }

  it("RUN-155 tell the cache of a worker that has taken the call over, of its signs of life and of its report", async () => {
    const run = MemoryRun.start(flow("{ ttl: 1h }"));
    const call = run.call("a");
    handOver(run, call, HOUR, true);
    await run.reload();
    handOver(run, call, 2 * HOUR, false);
    run.settle(call, { kind: "success", value: { kind: "inline", json: 5 } });
    expect(caches(run)).toEqual([`hold until +${HOUR}`, `hold until +${2 * HOUR}`, '{"kind":"inline","json":5}']);
    expect(run.cacheEffects.at(-1)).toMatchObject({ cache: call.call.cache, taskId: call.call.taskId, attempt: 1 });
  });

  it("RUN-155 tell the cache when nothing comes of it: a failure, a deadline, a cancel", () => {
    const ends: readonly ((run: MemoryRun, call: CallEffect) => void)[] = [
      (run, call) => run.fail(call),
      (run) => run.advance(HOUR),
      (run) => run.post({ kind: "cancel_run", run: 0 }),
    ];
    for (const end of ends) {
      const run = MemoryRun.start(flow("{ ttl: 1h }"));
      const call = run.call("a");
      handOver(run, call, HOUR, true);
      end(run, call);
      expect(caches(run).at(-1)).toBe("null");
      expect(run.cacheEffects.filter(({ kind }) => kind === "settle_cache")).toHaveLength(1);
    }
  });
});
