import { describe, expect, it } from "vitest";
import type { Backoff } from "../../../src/core/flow/flow.ts";
import { backoffDelay } from "../../../src/core/run/backoff.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const backoff = (fields: Partial<Backoff>): Backoff => ({
  type: "constant",
  minDelayMs: 100,
  maxDelayMs: 1_000,
  factor: 3,
  jitter: "none",
  ...fields,
});
const delays = (fields: Partial<Backoff>) => [1, 2, 3, 4, 5].map((n) => backoffDelay(backoff(fields), n, 0));

describe("the wait before a retry", () => {
  it("RUN-43 is constant, exponential or fibonacci, up to maxDelay", () => {
    expect(delays({ type: "constant" })).toEqual([100, 100, 100, 100, 100]);
    expect(delays({ type: "exponential" })).toEqual([100, 300, 900, 1_000, 1_000]);
    expect(delays({ type: "fibonacci", maxDelayMs: 400 })).toEqual([100, 100, 200, 300, 400]);
  });

  it("RUN-133 with full jitter is spread from nothing to the delay", () => {
    const jittered = (chance: number) => backoffDelay(backoff({ jitter: "full" }), 1, chance);
    expect([0, 0.25, 0.999].map(jittered)).toEqual([0, 25, 100]);
  });

  it("RUN-133 with full jitter differs between tasks and is the same when decided again", () => {
    const waits = () => {
      const run = MemoryRun.start(
        `
steps:
  - { id: a, component: /w/x, retry: { backoff: { type: constant, minDelay: 1h, maxDelay: 1h, jitter: full } } }
output: { $step: a }`,
        { inputs: Array.from({ length: 20 }, (_, index) => index), maxConcurrency: 20 },
      );
      for (let item = 0; item < 20; item++) run.fail(run.call("a", item), "UNREACHABLE");
      return run.entries.flatMap(({ event, at }) => (event.kind === "attempt_failed" ? [event.retryAt - at] : []));
    };
    const first = waits();
    expect(waits()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(15);
    for (const wait of first) expect(wait).toBeLessThanOrEqual(3_600_000);
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(1_000_000);
  });
});
