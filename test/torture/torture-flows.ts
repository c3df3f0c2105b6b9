/** Flows over the ledger worker, each with the result and the number of worker tasks it must come to. */
import type { Json, JsonObject } from "../../src/protocol/json.ts";

export interface TortureFlow {
  readonly name: string;
  readonly flow: JsonObject;
  /** For the input `{x}`. */
  result(x: number): Json;
  readonly workerTasks: number;
  /** Attempts that the worker fails on purpose, each with a decided retry. */
  readonly failures: number;
}

const add = (id: string, input: Json): JsonObject => ({ id, component: "/worker/add", input });
const fromInput: Json = { x: { $input: "x" } };

/** Each step takes the one before it. */
const chain: TortureFlow = {
  name: "chain",
  flow: {
    steps: [
      add("s0", fromInput),
      ...[1, 2, 3, 4, 5].map((index) => add(`s${index}`, { x: { $step: `s${index - 1}`, path: "x" } })),
    ],
    output: { $step: "s5" },
  },
  result: (x) => ({ x: x + 6 }),
  workerTasks: 6,
  failures: 0,
};

const fanOut: TortureFlow = {
  name: "fan-out",
  flow: {
    steps: [
      ...[0, 1, 2, 3, 4, 5].map((index) => add(`s${index}`, { x: index })),
      {
        id: "joined",
        component: "/builtin/noop",
        input: [0, 1, 2, 3, 4, 5].map((index) => ({ $step: `s${index}`, path: "x" })),
      },
    ],
    output: { joined: { $step: "joined" }, x: { $input: "x" } },
  },
  result: (x) => ({ joined: [1, 2, 3, 4, 5, 6], x }),
  workerTasks: 6,
  failures: 0,
};

const foreach: TortureFlow = {
  name: "foreach",
  flow: {
    steps: [
      { ...add("each", { x: { $item: "$" } }), foreach: [0, 1, 2, 3, 4, 5, 6, 7], maxConcurrency: 3 },
      add("last", { x: { $step: "each", path: "$[7].x" } }),
    ],
    output: { $step: "last" },
  },
  result: () => ({ x: 9 }),
  workerTasks: 9,
  failures: 0,
};

const mapped: JsonObject = {
  steps: [add("one", fromInput), add("two", { x: { $step: "one", path: "x" } })],
  output: { $step: "two", path: "x" },
};
const map: TortureFlow = {
  name: "map",
  flow: {
    steps: [
      {
        id: "mapped",
        component: "/builtin/map",
        input: {
          workflow: { $literal: mapped },
          items: [{ x: 1 }, { x: 2 }, { x: 3 }, { x: { $input: "x" } }],
          max_concurrency: 2,
        },
      },
    ],
    output: { $step: "mapped", path: "results" },
  },
  result: (x) => [3, 4, 5, x + 2].map((result) => ({ outcome: "success", result })),
  workerTasks: 8,
  failures: 0,
};

const sleep: TortureFlow = {
  name: "sleep",
  flow: {
    steps: [
      add("before", fromInput),
      { id: "slept", component: "/builtin/sleep", input: { duration_ms: 1_200, passthrough: { $step: "before" } } },
      add("after", { x: { $step: "slept", path: "$.passthrough.x" } }),
    ],
    output: { $step: "after" },
  },
  result: (x) => ({ x: x + 2 }),
  workerTasks: 2,
  failures: 0,
};

const retries: TortureFlow = {
  name: "retries",
  flow: {
    steps: [
      { ...add("flaky", fromInput), component: "/worker/flaky", onError: { action: "retry", maxRetries: 3 } },
      add("then", { x: { $step: "flaky", path: "x" } }),
    ],
    output: { $step: "then" },
  },
  result: (x) => ({ x: x + 2 }),
  workerTasks: 2,
  failures: 2,
};

/** The worker answers 202 and reports later. */
const later: TortureFlow = {
  name: "later",
  flow: {
    steps: [
      { ...add("later", fromInput), component: "/worker/later" },
      { ...add("last", { x: { $step: "later", path: "x" } }), component: "/worker/later" },
    ],
    output: { $step: "last" },
  },
  result: (x) => ({ x: x + 2 }),
  workerTasks: 2,
  failures: 0,
};

const counting: JsonObject = {
  steps: [{ ...add("count", fromInput), component: "/worker/count" }],
  output: { $step: "count" },
};
const loop: TortureFlow = {
  name: "loop",
  flow: {
    steps: [
      {
        id: "looped",
        component: "/builtin/iterate",
        input: { flow: { $literal: counting }, initial_input: { x: 0 } },
      },
      add("last", { x: { $step: "looped", path: "$.result.x" } }),
    ],
    output: { $step: "last" },
  },
  result: () => ({ x: 4 }),
  workerTasks: 4,
  failures: 0,
};

export const TORTURE_FLOWS = [chain, fanOut, foreach, map, sleep, retries, later, loop];
