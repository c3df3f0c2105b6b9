import { describe, expect, it } from "vitest";
import { payloadFaults } from "../../../src/core/run/match-signals.ts";
import { MAX_SIGNALS_PER_RUN, signalRefusal } from "../../../src/core/run/receive-signal.ts";
import { readSnapshot, writeSnapshot } from "../../../src/core/run/snapshot.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const HOUR = 3_600_000;

function waiting(input: string, more = ""): string {
  return `steps: [{ id: a, component: /builtin/wait_for_event, input: ${input}${more} }]\noutput: { $step: a }`;
}

function signal(run: MemoryRun, name: string, payload: Json, options: { id?: string; run?: number } = {}): void {
  const { id, run: ordinal = 0 } = options;
  run.post({
    kind: "signal_run",
    run: ordinal,
    name,
    value: { kind: "inline", json: payload },
    ...(id !== undefined && { signalId: id }),
  });
}

function kinds(run: MemoryRun): string[] {
  return run.entries.map(({ event }) => event.kind);
}

describe("wait_for_event", () => {
  it("RUN-90 waits, over restarts and without a timer, until a signal of its name comes, and gives its payload", async () => {
    const run = MemoryRun.start(waiting("{ name: paid }"));
    expect(run.dueAt).toBeUndefined();
    await run.reload();
    signal(run, "other", 1);
    expect(run.status).toBe("running");
    signal(run, "paid", { amount: 12 });
    expect(run.results()).toEqual([{ outcome: "success", result: { amount: 12 } }]);
    const received = run.entries.findLast(({ event }) => event.kind === "signal_received");
    expect(run.entries.find(({ event }) => event.kind === "step_completed")?.event).toMatchObject({
      from: received?.seq,
    });
  });

  it("RUN-90 holds no place among the calls under way", () => {
    const flow = `steps:
  - { id: wait, component: /builtin/wait_for_event, input: { name: x } }
  - { id: call, component: /w/a }
output: [{ $step: wait }, { $step: call }]`;
    const run = MemoryRun.start(flow, { maxConcurrency: 1, inputs: [1, 2] });
    expect(run.calledSteps()).toEqual(["call"]);
    run.succeed(run.call("call"), 1);
    expect(run.calledSteps()).toEqual(["call"]);
  });

  it("RUN-91 fails with TIMEOUT at its time, not earlier, and without the default retries", async () => {
    const run = MemoryRun.start(waiting("{ name: paid, timeout: 1h }"));
    expect(run.dueAt).toBe(run.now + HOUR);
    run.advance(HOUR - 1);
    await run.reload();
    expect(run.status).toBe("running");
    run.advance(1);
    expect(run.results()).toEqual([
      {
        outcome: "failed",
        error: { code: "TIMEOUT", message: `step 'a': no signal "paid" came within ${HOUR} ms` },
      },
    ]);
    expect(kinds(run)).not.toContain("attempt_failed");
  });

  it("RUN-91 is bounded by the step's timeout, too; the step's own retry and onError count", () => {
    const again = MemoryRun.start(
      waiting(
        "{ name: x, timeout: 1h }",
        ", timeout: 60000, retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 1000 } }",
      ),
    );
    again.advance(61_000);
    expect(kinds(again).filter((kind) => kind === "signal_awaited")).toHaveLength(2);
    signal(again, "x", "late but in time");
    expect(again.results()).toEqual([{ outcome: "success", result: "late but in time" }]);
    const lenient = MemoryRun.start(
      waiting("{ name: x, timeout: 1s }", ", onError: { action: useDefault, defaultValue: nothing }"),
    );
    lenient.advance(1000);
    expect(lenient.results()).toEqual([{ outcome: "success", result: "nothing" }]);
  });

  it.each([
    ["{ timeout: 1s }", /name/],
    ['{ name: "" }', /\/name/],
    ["{ name: x, timeout: soon }", /\/timeout: not a duration/],
    ["{ name: x, timeout: 0 }", /\/timeout: must be longer than zero/],
    ["{ name: x, timeout: 367d }", /\/timeout: longer than a year/],
    ["{ name: x, schema: { $literal: { $ref: '#/nowhere' } } }", /\/schema: not a usable JSON Schema/],
    [
      "{ name: x, schema: { $literal: { type: string, pattern: '(' } } }",
      /\/schema: not a usable JSON Schema: Invalid regular expression/,
    ],
  ])("RUN-91 refuses %s as INVALID_INPUT", (input, message) => {
    const run = MemoryRun.start(waiting(input));
    const [result] = run.results();
    expect(result).toMatchObject({ outcome: "failed", error: { code: "INVALID_INPUT" } });
    expect(JSON.stringify(result)).toMatch(message);
  });

  it("RUN-92 goes to exactly one wait, the one that began first, in elements of a foreach too", () => {
    const flow = `steps:
  - id: a
    component: /builtin/wait_for_event
    foreach: { $input: $ }
    input: { name: { $item: $ } }
output: { $step: a }`;
    const run = MemoryRun.start(flow, { inputs: [["x", "y", "x"]] });
    signal(run, "x", 1);
    signal(run, "y", 2);
    expect(run.status).toBe("running");
    signal(run, "x", 3);
    expect(run.results()).toEqual([{ outcome: "success", result: [1, 2, 3] }]);
  });

  const map = `steps:
  - id: m
    component: /builtin/map
    input:
      items: [1, 2]
      workflow:
        $literal:
          steps: [{ id: w, component: /builtin/wait_for_event, input: { name: go } }]
          output: { $step: w }
output: { $step: m, path: $.results }`;

  it("RUN-92 reaches the waits of sub-runs below the run it is addressed to, and no others", () => {
    const run = MemoryRun.start(map);
    signal(run, "go", "to the root");
    signal(run, "go", "to the sub-run", { run: 1 });
    expect(run.results()).toEqual([
      {
        outcome: "success",
        result: [
          { outcome: "success", result: "to the root" },
          { outcome: "success", result: "to the sub-run" },
        ],
      },
    ]);
    const flow = `${map.replace("[1, 2]", "[1]").replace("output: { $step: m, path: $.results }", "")}
  - { id: own, component: /builtin/wait_for_event, input: { name: go } }
output: [{ $step: m, path: $.results }, { $step: own }]`;
    const two = MemoryRun.start(flow);
    signal(two, "go", 1, { run: 1 });
    signal(two, "go", 2, { run: 0 });
    expect(two.results()).toEqual([{ outcome: "success", result: [[{ outcome: "success", result: 1 }], 2] }]);
  });

  it("RUN-93 keeps early signals, over restarts, and gives them to the next waits of the run and its sub-runs, oldest first", async () => {
    const flow = `steps:
  - { id: first, component: /w/a }
  - { id: own, component: /builtin/wait_for_event, input: { name: go, after: { $step: first } } }
${map.replace("steps:\n", "").replace("items: [1, 2]", "items: [{ $step: own }]").replace("output: { $step: m, path: $.results }", "")}
output: [{ $step: own }, { $step: m, path: $.results }]`;
    const run = MemoryRun.start(flow);
    signal(run, "go", 1);
    signal(run, "go", 2);
    await run.reload();
    run.succeed(run.call("first"), null);
    expect(run.results()).toEqual([{ outcome: "success", result: [1, [{ outcome: "success", result: 2 }]] }]);
  });

  it("RUN-93 leaves an early signal that does not fit for a wait that it fits", () => {
    const flow = `steps:
  - { id: gate, component: /w/a }
  - { id: n, component: /builtin/wait_for_event, input: { name: v, schema: { type: number }, after: { $step: gate } } }
  - { id: t, component: /builtin/wait_for_event, input: { name: v, schema: { type: string }, after: { $step: n } } }
output: [{ $step: n }, { $step: t }]`;
    const run = MemoryRun.start(flow);
    signal(run, "v", "text");
    run.succeed(run.call("gate"), null);
    expect(run.status).toBe("running");
    signal(run, "v", 7);
    expect(run.results()).toEqual([{ outcome: "success", result: [7, "text"] }]);
  });

  it("RUN-93 brings a kept signal and a wait together that had not met when the object was lost", async () => {
    const run = MemoryRun.start(waiting("{ name: x, schema: { type: string } }"), {
      largeCharacters: 1,
      valueCacheBytes: 0,
      holdFetches: true,
    });
    run.supply();
    signal(run, "x", "payload");
    expect(run.status).toBe("running");
    run.fetches.length = 0;
    await run.reload();
    while (run.fetches.length > 0) run.supply();
    expect(run.status).toBe("completed");
  });

  it("RUN-94 takes a signal with an id once, and says so even after the run has ended", () => {
    const run = MemoryRun.start(waiting("{ name: x }"), { inputs: [1, 2] });
    signal(run, "x", 1, { id: "s" });
    signal(run, "x", 1, { id: "s" });
    expect(kinds(run).filter((kind) => kind === "signal_received")).toHaveLength(1);
    expect(run.status).toBe("running");
    signal(run, "x", 2, { id: "t" });
    const root = run.engine.tree.runs[0];
    if (!root) throw new Error("no run");
    const refusal = (id: string) => signalRefusal(root, id, { kind: "inline", json: 1 }, 100)?.kind;
    expect([refusal("s"), refusal("t"), refusal("u")]).toEqual(["duplicate", "duplicate", "ended"]);
  });

  it("RUN-95 is not taken by a run that has ended, of too many, or with too large a payload", () => {
    const value = { kind: "inline", json: "x".repeat(100) } as const;
    const running = { status: "running", signals: undefined } as const;
    const full = { count: MAX_SIGNALS_PER_RUN, ids: new Set(["known"]), kept: new Map() };
    expect(signalRefusal({ ...running, status: "cancelled" }, undefined, value, 1000)).toMatchObject({ kind: "ended" });
    expect(signalRefusal({ ...running, signals: full }, "new", value, 1000)).toMatchObject({ kind: "full" });
    expect(signalRefusal({ ...running, signals: full }, "known", value, 1000)).toEqual({ kind: "duplicate" });
    expect(signalRefusal(running, undefined, value, 50)).toMatchObject({ kind: "unusable" });
    expect(signalRefusal(running, undefined, value, 1000)).toBeUndefined();
    const run = MemoryRun.start(waiting("{ name: x }"));
    run.post({ kind: "cancel_run", run: 0 });
    signal(run, "x", 1);
    expect(kinds(run)).not.toContain("signal_received");
  });

  it("RUN-95 tells what does not fit a schema with pointers", () => {
    const schema = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };
    expect(payloadFaults({ schema }, { amount: "much" })).toMatchObject([{ pointer: "/amount" }]);
    expect(payloadFaults({ schema }, { amount: 1 })).toEqual([]);
    expect(payloadFaults({ schema: { $ref: "#/nowhere" } }, 1)).toMatchObject([{ pointer: "" }]);
  });

  it("RUN-73 keeps signals and waits through a snapshot", async () => {
    const run = MemoryRun.start(map);
    signal(run, "later", 1, { id: "a" });
    const plans = run.engine.plans;
    const read = readSnapshot(writeSnapshot(run.engine.tree), plans);
    expect(read.waits).toEqual(run.engine.tree.waits);
    expect(read.runs[0]?.signals).toEqual(run.engine.tree.runs[0]?.signals);
    expect(writeSnapshot(read)).toBe(writeSnapshot(run.engine.tree));
  });
});
