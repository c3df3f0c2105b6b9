import { describe, expect, test } from "vitest";
import { createMessages } from "../../../src/dispatch/builtin/create-messages.ts";
import { evalFlow } from "../../../src/dispatch/builtin/eval.ts";
import { findBuiltin, listBuiltins } from "../../../src/dispatch/builtin/index.ts";
import { iterate } from "../../../src/dispatch/builtin/iterate.ts";
import { mapFlow } from "../../../src/dispatch/builtin/map.ts";
import { noop } from "../../../src/dispatch/builtin/noop.ts";
import { sleep } from "../../../src/dispatch/builtin/sleep.ts";
import type { FlowResult } from "../../../src/protocol/flow-result.ts";
import type { Json } from "../../../src/protocol/json.ts";

const inline = (json: unknown) => ({ kind: "success", value: { kind: "inline", json } });
const faultsOf = (outcome: unknown) =>
  (outcome as { error: { code: string; data: { faults: { pointer: string }[] } } }).error.data.faults.map(
    ({ pointer }) => pointer,
  );
const FLOW = { steps: [], output: { $input: "$" } };
const ID = "A".repeat(64);
/** 2023-11-14T22:13:20Z. */
const NOW = 1_700_000_000_000;

test("listBuiltins: all, sorted, each with a description", () => {
  const infos = listBuiltins();
  expect(infos.map(({ component }) => component)).toEqual([
    "/approval",
    "/create_messages",
    "/eval",
    "/get_blob",
    "/iterate",
    "/jsonata",
    "/load_file",
    "/map",
    "/noop",
    "/openai",
    "/put_blob",
    "/sleep",
    "/wait_for_event",
  ]);
  expect(infos.filter(({ description }) => !description)).toEqual([]);
  expect(findBuiltin("/toString")).toBeUndefined();
});

test("noop gives its input back, null and large values included", () => {
  expect(noop.execute(null)).toEqual(inline(null));
  expect(noop.execute({ a: [1] })).toEqual(inline({ a: [1] }));
});

describe("create_messages", () => {
  test("puts the system message first, only if given", () => {
    const user = { role: "user", content: "hi" };
    expect(createMessages.execute({ user_prompt: "hi" })).toEqual(inline({ messages: [user] }));
    expect(createMessages.execute({ user_prompt: "hi", system_instructions: null, extra: 1 })).toEqual(
      inline({ messages: [user] }),
    );
    expect(createMessages.execute({ user_prompt: "hi", system_instructions: "be brief" })).toEqual(
      inline({ messages: [{ role: "system", content: "be brief" }, user] }),
    );
  });

  test.each<[Json, string[]]>([
    [null, [""]],
    [[], [""]],
    [{}, [""]],
    [{ user_prompt: 3, system_instructions: false }, ["/system_instructions", "/user_prompt"]],
  ])("%j is INVALID_INPUT with a pointer to each fault", (input, pointers) => {
    const outcome = createMessages.execute(input);
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "INVALID_INPUT" } });
    expect(faultsOf(outcome).toSorted()).toEqual(pointers);
  });
});

describe("sleep", () => {
  test("plans a timer and what it gives", () => {
    expect(sleep.plan({ duration_ms: 0 }, NOW)).toEqual({ kind: "sleep", durationMs: 0, result: { duration_ms: 0 } });
    expect(sleep.plan({ duration_ms: 86_400_000, passthrough: null }, NOW)).toEqual({
      kind: "sleep",
      durationMs: 86_400_000,
      result: { duration_ms: 86_400_000, passthrough: null },
    });
  });

  test.each<[Json, number]>([
    [{ duration: "1h30m" }, 5_400_000],
    [{ duration: "PT0S" }, 0],
    [{ duration: "366d" }, 366 * 86_400_000],
    [{ until: "2023-11-14T22:13:21.5Z" }, 1_500],
    [{ until: "2023-11-14T23:13:30+01:00" }, 10_000],
    [{ until: "2023-11-14t22:13:20z" }, 0],
    [{ until: "1999-12-31T23:59:59Z" }, 0],
  ])("RUN-132 %j sleeps for %i ms", (input, durationMs) => {
    expect(sleep.plan({ ...(input as object), passthrough: 1 }, NOW)).toMatchObject({
      kind: "sleep",
      durationMs,
      result: { duration_ms: durationMs, passthrough: 1 },
    });
  });

  test.each<[Json, string]>([
    [{}, "got none of them"],
    [{ duration_ms: 1, until: "2024-01-01T00:00:00Z" }, "got duration_ms and until"],
    [{ duration: "soon" }, "/duration: not a duration"],
    [{ duration: "367d" }, "/duration: longer than 366 days"],
    [{ until: "2025-11-14T22:13:20Z" }, "/until: longer than 366 days"],
    [{ until: "2024-02-30T00:00:00Z" }, "/until: not an RFC 3339"],
    [{ until: "2024-02-03T25:00:00Z" }, "/until: not an RFC 3339"],
    [{ until: "2024-02-03T05:00:00" }, "/until: not an RFC 3339"],
    [{ until: "tomorrow" }, "/until: not an RFC 3339"],
    [{ duration_ms: 10.5 }, "/duration_ms"],
    [{ duration_ms: -1 }, "/duration_ms"],
    [{ duration_ms: "10" }, "/duration_ms"],
    [{ duration_ms: 3.2e10 }, "/duration_ms"],
    [{ duration: 5 }, "/duration"],
    [5, "the input"],
  ])("RUN-132 %j is INVALID_INPUT and says why", (input, why) => {
    const plan = sleep.plan(input, NOW);
    expect(plan).toMatchObject({ kind: "failed", error: { code: "INVALID_INPUT" } });
    expect(plan.kind === "failed" && plan.error.message).toContain(why);
  });
});

describe("eval", () => {
  test("runs an inline or a stored flow on one input", () => {
    expect(evalFlow.start({ flow: FLOW, input: { a: 1 } })).toEqual({
      kind: "start",
      request: { flow: { kind: "document", document: FLOW }, inputs: [{ a: 1 }] },
    });
    expect(
      evalFlow.start({ flow_id: ID, input: null, variables: { v: 1 }, overrides: { steps: {} }, max_concurrency: 3 }),
    ).toEqual({
      kind: "start",
      request: {
        flow: { kind: "stored", flowId: ID.toLowerCase() },
        inputs: [null],
        variables: { v: 1 },
        overrides: { steps: {} },
        maxConcurrency: 3,
      },
    });
  });

  test("succeeds whatever became of the flow, with the id of the sub-run", () => {
    const failed: FlowResult = { outcome: "failed", error: { code: "COMPONENT_FAILED", message: "no", data: [1] } };
    for (const [result, json] of [
      [{ outcome: "success", result: 7 } as FlowResult, { outcome: "success", result: 7 }],
      [failed, { outcome: "failed", error: { code: "COMPONENT_FAILED", message: "no", data: [1] } }],
      [{ outcome: "skipped" } as FlowResult, { outcome: "skipped" }],
    ] as const) {
      expect(evalFlow.next({}, 0, { runId: "r1", results: [result] })).toEqual({
        kind: "done",
        outcome: inline({ result: json, run_id: "r1" }),
      });
    }
  });

  test.each<[Json]>([
    [{ input: 1 }],
    [{ flow: FLOW }],
    [{ flow: FLOW, flow_id: ID, input: 1 }],
    [{ flow_id: "xyz", input: 1 }],
    [{ flow: [], input: 1 }],
    ["x"],
  ])("%j is INVALID_INPUT and starts nothing", (input) => {
    expect(evalFlow.start(input)).toMatchObject({
      kind: "done",
      outcome: { kind: "failed", error: { code: "INVALID_INPUT" } },
    });
  });
});

describe("iterate", () => {
  const input = { flow: FLOW, initial_input: { n: 0 }, max_iterations: 3 };
  const after = (round: number, result: FlowResult) => iterate.next(input, round, { runId: "r", results: [result] });

  test("goes on with next, ends with result, result winning", () => {
    expect(iterate.start(input)).toMatchObject({ kind: "start", request: { inputs: [{ n: 0 }] } });
    expect(after(0, { outcome: "success", result: { next: { n: 1 } } })).toMatchObject({
      kind: "start",
      request: { inputs: [{ n: 1 }] },
    });
    expect(after(1, { outcome: "success", result: { next: 1, result: null } })).toEqual({
      kind: "done",
      outcome: inline({ result: null, iterations: 2, terminated: false }),
    });
  });

  test("stops at max_iterations with the current input; 0 stops at once; the default is 1000", () => {
    expect(after(2, { outcome: "success", result: { next: { n: 3 } } })).toEqual({
      kind: "done",
      outcome: inline({ result: { n: 3 }, iterations: 3, terminated: true }),
    });
    expect(iterate.start({ ...input, max_iterations: 0 })).toEqual({
      kind: "done",
      outcome: inline({ result: { n: 0 }, iterations: 0, terminated: true }),
    });
    const { max_iterations: _, ...unbounded } = input;
    const at = (round: number) =>
      iterate.next(unbounded, round, { runId: "r", results: [{ outcome: "success", result: { next: 1 } }] }).kind;
    expect([at(998), at(999)]).toEqual(["start", "done"]);
  });

  test("a failed iteration is the step's failure; neither key is INVALID_INPUT", () => {
    const error = { code: "TIMEOUT", message: "late" } as const;
    expect(after(0, { outcome: "failed", error })).toEqual({ kind: "done", outcome: { kind: "failed", error } });
    for (const result of [
      { outcome: "success", result: { other: 1 } },
      { outcome: "success", result: 3 },
      { outcome: "skipped" },
    ] as FlowResult[]) {
      expect(after(0, result)).toMatchObject({
        outcome: {
          error: { code: "INVALID_INPUT", message: "Workflow result must contain either 'result' or 'next' field" },
        },
      });
    }
  });
});

describe("map", () => {
  test("starts one sub-run with an item per element", () => {
    expect(mapFlow.start({ workflow: FLOW, items: [1, null, "x"], max_concurrency: 2 })).toEqual({
      kind: "start",
      request: {
        flow: { kind: "document", document: FLOW },
        inputs: [1, null, "x"],
        maxConcurrency: 2,
        mayBeChunked: true,
      },
    });
    expect(mapFlow.start({ flow_id: ID, items: [] })).toEqual({
      kind: "done",
      outcome: inline({ results: [], successful: 0, failed: 0, skipped: 0 }),
    });
  });

  test("always succeeds and counts", () => {
    const results: FlowResult[] = [
      { outcome: "success", result: 1 },
      { outcome: "failed", error: { code: "TIMEOUT", message: "late" } },
      { outcome: "skipped" },
      { outcome: "success", result: null },
    ];
    expect(mapFlow.next({}, 0, { runId: "r", results })).toEqual({
      kind: "done",
      outcome: inline({
        results: [
          { outcome: "success", result: 1 },
          { outcome: "failed", error: { code: "TIMEOUT", message: "late" } },
          { outcome: "skipped" },
          { outcome: "success", result: null },
        ],
        successful: 2,
        failed: 1,
        skipped: 1,
      }),
    });
  });

  test.each<[Json]>([
    [{ flow: FLOW }],
    [{ items: [] }],
    [{ flow: FLOW, items: 3 }],
    [{ flow: FLOW, items: [1], max_concurrency: 0 }],
    [null],
  ])("%j is INVALID_INPUT", (input) => {
    expect(mapFlow.start(input)).toMatchObject({ outcome: { error: { code: "INVALID_INPUT" } } });
  });
});
