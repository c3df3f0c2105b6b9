/** Flows over the ledger worker, each with the result and the number of worker tasks it must come to. */
import type { Json, JsonObject } from "../../src/protocol/json.ts";

export interface TortureFlow {
  readonly name: string;
  readonly flow: JsonObject;
  /** For the input `{x}`. */
  result(x: number): Json;
  /** Of its own object; some may be spared by the cache. */
  readonly workerTasks: number;
  readonly sparedTasks?: number;
  /** Attempts that the worker fails on purpose, each with a decided retry. */
  readonly failures: number;
  /** The code it fails with instead, once these steps were undone, in this order. */
  readonly undone?: { readonly code: string; readonly steps: readonly string[] };
  /** Sent one after the other, each under an id of its own, and once more. */
  readonly signals?: readonly { readonly name: string; readonly payload: JsonObject }[];
  /** Paused as soon as it is there, and resumed some time later. */
  readonly isHeld?: true;
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

/** The second wait is in a sub-run; each takes one signal, whatever comes twice. */
const waitFor = (id: string, after: Json): JsonObject => ({
  id,
  component: "/builtin/wait_for_event",
  input: { name: "go", after },
});
const signals: TortureFlow = {
  name: "signals",
  flow: {
    steps: [
      add("before", fromInput),
      waitFor("first", { $step: "before" }),
      {
        id: "below",
        component: "/builtin/eval",
        input: {
          input: { $step: "first" },
          flow: { $literal: { steps: [waitFor("second", { $input: "n" })], output: { $step: "second" } } },
        },
      },
      add("last", { x: { $step: "below", path: "$.result.result.n" } }),
    ],
    output: [
      { $step: "first", path: "n" },
      { $step: "last", path: "x" },
    ],
  },
  result: () => [1, 3],
  workerTasks: 2,
  failures: 0,
  signals: [
    { name: "go", payload: { n: 1 } },
    { name: "go", payload: { n: 2 } },
  ],
};

const undoable = (id: string, input: Json): JsonObject => ({
  ...add(id, input),
  compensate: { component: "/worker/undo", input: { x: { $step: id, path: "x" }, of: id } },
});
const saga: TortureFlow = {
  name: "saga",
  flow: {
    steps: [
      undoable("a", fromInput),
      undoable("b", { x: { $step: "a", path: "x" } }),
      undoable("c", { x: { $step: "b", path: "x" } }),
      { id: "broken", component: "/worker/broken", input: { x: { $step: "c", path: "x" } } },
    ],
    output: { $step: "broken" },
  },
  result: () => null,
  workerTasks: 7,
  failures: 0,
  undone: { code: "INVALID_INPUT", steps: ["c", "b", "a"] },
};

const held: TortureFlow = { ...chain, name: "held", isHeld: true };

/** Enough items to be cut into chunks; a few of them call. */
const MANY = 1_001;
const many: TortureFlow = {
  name: "many",
  flow: {
    steps: [
      {
        id: "mapped",
        component: "/builtin/map",
        input: {
          workflow: {
            $literal: {
              steps: [{ ...add("call", fromInput), skip: { $input: "isQuiet" } }],
              output: { $step: "call", path: "x", onSkip: { action: "useDefault", defaultValue: 0 } },
            },
          },
          items: Array.from({ length: MANY }, (_, x) => ({ x, isQuiet: x % 400 !== 0 })),
        },
      },
    ],
    output: [
      { $step: "mapped", path: "successful" },
      { $step: "mapped", path: "$.results[0].result" },
      { $step: "mapped", path: "$.results[800].result" },
    ],
  },
  result: () => [MANY, 1, 801],
  // In the objects of its chunks.
  workerTasks: 0,
  failures: 0,
};

const cached: TortureFlow = {
  name: "cached",
  flow: {
    steps: [
      { ...add("once", fromInput), cache: { ttl: "1h" } },
      {
        ...add("again", { x: { $if: { $step: "once" }, then: { $input: "x" } } }),
        cache: { ttl: "1h" },
      },
      add("last", { x: { $step: "again", path: "x" } }),
    ],
    output: { $step: "last" },
  },
  result: (x) => ({ x: x + 2 }),
  workerTasks: 3,
  sparedTasks: 1,
  failures: 0,
};

export const TORTURE_FLOWS = [
  chain,
  fanOut,
  foreach,
  map,
  sleep,
  retries,
  later,
  loop,
  signals,
  saga,
  held,
  many,
  cached,
];
