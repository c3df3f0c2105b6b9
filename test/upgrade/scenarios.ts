/**
 * Runs brought to interesting points. The same file plays against an earlier engine, which leaves its journal there, and tells
 * today's engine how to go on; so it uses nothing of either but what a `MemoryRun` has always had.
 */
import type { Json } from "../../src/protocol/json.ts";
import type { CallEffect, MemoryRun } from "../support/memory-run.ts";

export interface Scenario {
  readonly name: string;
  readonly flow: string;
  readonly inputs?: readonly Json[];
  /** Goes as far as the journal is to go. `snapshot` leaves one at this place. */
  readonly play: (run: MemoryRun, snapshot: () => void) => void;
  readonly status: "completed" | "failed" | "cancelled";
  /** Of each item, in the end. */
  readonly results: readonly (Json | undefined)[];
}

const chain = `
steps:
  - { id: a, component: /w/add, input: { x: { $input: x } } }
  - { id: b, component: /w/add, input: { $step: a } }
  - { id: c, component: /w/add, input: { $step: b } }
output: { $step: c }
`;
const counted = `
steps:
  - { id: a, component: /w/add, input: { x: { $input: x } } }
  - { id: b, component: /w/add, input: { $step: a } }
output: { $step: b }
`;
const inner = counted.trim().replaceAll("\n", "\n          ");

/** What the worker of these runs does. */
export function work({ call }: CallEffect): Json {
  const { x, pad } = call.input as { x: number; pad?: string };
  if (call.componentId === "/count") return x >= 2 ? { result: { x: x + 1 } } : { next: { x: x + 1 } };
  return pad === undefined ? { x: x + 1 } : { x: x + 1, pad };
}

function succeed(run: MemoryRun, stepId: string, item = 0): void {
  const call = run.call(stepId, item);
  run.succeed(call, work(call));
}

const success = (result: Json): Json => ({ outcome: "success", result });

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "mid-chain",
    flow: chain,
    inputs: [{ x: 1 }, { x: 10 }],
    play: (run) => {
      succeed(run, "a");
      succeed(run, "b");
      succeed(run, "a", 1);
    },
    status: "completed",
    results: [success({ x: 4 }), success({ x: 13 })],
  },
  {
    name: "back-off",
    flow: chain,
    inputs: [{ x: 1 }],
    play: (run) => {
      succeed(run, "a");
      run.fail(run.call("b"), "UNREACHABLE");
      run.advance(1_000);
      run.fail(run.call("b"), "UNREACHABLE");
    },
    status: "completed",
    results: [success({ x: 4 })],
  },
  {
    name: "sleeping",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: { $input: x } } }
  - { id: s, component: /builtin/sleep, input: { duration_ms: 60000, passthrough: { $step: a } } }
  - { id: c, component: /w/add, input: { x: { $step: s, path: $.passthrough.x } } }
output: { $step: c }
`,
    inputs: [{ x: 1 }],
    play: (run) => {
      succeed(run, "a");
      run.advance(20_000);
    },
    status: "completed",
    results: [success({ x: 3 })],
  },
  {
    name: "foreach",
    flow: `
steps:
  - { id: a, component: /w/add, foreach: { $input: list }, maxConcurrency: 2, input: { x: { $item: $ } } }
  - { id: c, component: /w/add, input: { $step: a, path: "$[3]" } }
output: { all: { $step: a }, last: { $step: c } }
`,
    inputs: [{ list: [1, 2, 3, 4] }],
    play: (run) => {
      succeed(run, "a");
      succeed(run, "a");
    },
    status: "completed",
    results: [success({ all: [{ x: 2 }, { x: 3 }, { x: 4 }, { x: 5 }], last: { x: 6 } })],
  },
  {
    name: "sub-runs",
    flow: `
steps:
  - id: m
    component: /builtin/map
    input:
      workflow:
        $literal:
          ${inner}
      items: [{ x: 1 }, { x: 2 }, { x: { $input: x } }]
      max_concurrency: 2
output: { $step: m, path: results }
`,
    inputs: [{ x: 5 }],
    play: (run) => {
      succeed(run, "a");
      succeed(run, "b");
      succeed(run, "a", 1);
    },
    status: "completed",
    results: [success([success({ x: 3 }), success({ x: 4 }), success({ x: 7 })])],
  },
  {
    name: "loop",
    flow: `
steps:
  - id: l
    component: /builtin/iterate
    input:
      flow:
        $literal:
          steps: [{ id: n, component: /w/count, input: { x: { $input: x } } }]
          output: { $step: n }
      initial_input: { x: 0 }
output: { $step: l }
`,
    play: (run) => succeed(run, "n"),
    status: "completed",
    results: [success({ result: { x: 3 }, iterations: 3, terminated: false })],
  },
  {
    name: "outcomes",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: 1 }, onError: { action: useDefault, defaultValue: { x: 9 } } }
  - { id: s, component: /w/add, input: { x: 1 }, skip: true }
  - { id: f, component: /w/add, input: { x: 2 }, onError: { action: skip } }
  - { id: c, component: /w/add, input: { $step: a } }
output:
  a: { $step: a }
  c: { $step: c }
  s: { $step: s, onSkip: { action: useDefault, defaultValue: none } }
  f: { $coalesce: [{ $step: f }, gone] }
`,
    play: (run) => {
      run.fail(run.call("a"));
      run.fail(run.call("f"));
    },
    status: "completed",
    results: [success({ a: { x: 9 }, c: { x: 10 }, s: "none", f: "gone" })],
  },
  {
    name: "handed-over",
    flow: chain,
    inputs: [{ x: 1 }],
    play: (run) => {
      succeed(run, "a");
      const { task, call } = run.call("b");
      run.post({ kind: "hand_over_attempt", task, attempt: call.attempt, deadlineAt: run.now + 3_600_000 });
      run.advance(1_000);
    },
    status: "completed",
    results: [success({ x: 4 })],
  },
  {
    name: "large-values",
    flow: chain,
    inputs: [{ x: 1 }],
    play: (run) => {
      const value = run.blob({ x: 2, pad: "p".repeat(100) });
      run.settle(run.call("a"), { kind: "success", value });
    },
    status: "completed",
    results: [success({ x: 4, pad: "p".repeat(100) })],
  },
  {
    name: "cancelled",
    flow: chain,
    inputs: [{ x: 1 }, { x: 2 }],
    play: (run) => {
      succeed(run, "a");
      run.post({ kind: "cancel_run", run: 0 });
    },
    status: "cancelled",
    results: [undefined, undefined],
  },
  {
    name: "snapshot",
    flow: chain,
    inputs: [{ x: 1 }, { x: 2 }, { x: 3 }],
    play: (run, snapshot) => {
      succeed(run, "a");
      succeed(run, "b");
      succeed(run, "c");
      succeed(run, "a", 1);
      run.fail(run.call("b", 1), "UNREACHABLE");
      snapshot();
      succeed(run, "a", 2);
    },
    status: "completed",
    results: [success({ x: 4 }), success({ x: 5 }), success({ x: 6 })],
  },
  {
    name: "awaiting-signals",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: { $input: x } } }
  - { id: w, component: /builtin/wait_for_event, input: { name: go, after: { $step: a } } }
  - { id: v, component: /builtin/wait_for_event, input: { name: go, timeout: 1h, after: { $step: w } } }
  - { id: n, component: /builtin/wait_for_event, input: { name: never, timeout: 1h }, onError: { action: useDefault, defaultValue: none } }
output: { w: { $step: w }, v: { $step: v }, n: { $step: n } }
`,
    inputs: [{ x: 1 }],
    play: (run, snapshot) => {
      for (const signalId of ["one", "two", "two"])
        run.post({ kind: "signal_run", run: 0, name: "go", signalId, value: { kind: "inline", json: signalId } });
      snapshot();
      run.advance(1_000);
    },
    status: "completed",
    results: [success({ w: "one", v: "two", n: "none" })],
  },
  {
    name: "compensating",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: 1 }, compensate: { component: /w/add, input: { x: 10 } } }
  - { id: b, component: /w/add, input: { $step: a }, compensate: { component: /w/add, input: { $step: b } } }
  - { id: c, component: /w/broken, input: { $step: b } }
output: { $step: c }
`,
    play: (run) => {
      succeed(run, "a");
      succeed(run, "b");
      run.fail(run.call("c"), "INVALID_INPUT", "for good");
      succeed(run, "b");
    },
    status: "failed",
    results: [{ outcome: "failed", error: { code: "INVALID_INPUT", message: "for good" } }],
  },
  {
    name: "stopping",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: 1 }, compensate: { component: /w/add, input: { x: 10 } } }
  - { id: b, component: /w/add, input: { $step: a } }
output: { $step: b }
`,
    play: (run) => {
      succeed(run, "a");
      run.post({ kind: "cancel_run", run: 0 });
      // Too late: it was told to stop.
      succeed(run, "b");
    },
    status: "cancelled",
    results: [undefined],
  },
  {
    name: "paused",
    flow: chain,
    inputs: [{ x: 1 }],
    play: (run, snapshot) => {
      succeed(run, "a");
      run.post({ kind: "pause_run", by: "request" });
      run.post({ kind: "pause_run", by: "parent" });
      snapshot();
      succeed(run, "b");
      run.post({ kind: "resume_run", by: "parent" });
      run.post({ kind: "resume_run", by: "request" });
    },
    status: "completed",
    results: [success({ x: 4 })],
  },
  {
    name: "timed-items",
    flow: `
itemTimeout: 1h
steps:
  - { id: a, component: /w/add, input: { x: { $input: x } } }
  - { id: s, component: /builtin/sleep, input: { until: "2023-11-14T22:20:00Z", passthrough: { $step: a } } }
output: { $step: s, path: passthrough }
`,
    inputs: [{ x: 1 }, { x: 2 }],
    play: (run) => {
      succeed(run, "a");
      run.advance(1_000);
    },
    status: "completed",
    results: [success({ x: 2 }), success({ x: 3 })],
  },
  {
    name: "progress",
    flow: chain,
    inputs: [{ x: 1 }],
    play: (run) => {
      const { task, call } = run.call("a");
      run.post({ kind: "note_progress", task, attempt: call.attempt, progress: { progress: 0.5, message: "half" } });
      run.fail(run.call("a"), "UNREACHABLE");
    },
    status: "completed",
    results: [success({ x: 4 })],
  },
  {
    name: "cached",
    flow: `
steps:
  - { id: a, component: /w/add, input: { x: 1 }, cache: { ttl: 1h } }
  - { id: b, component: /w/add, input: { $step: a }, cache: { ttl: 1h, key: { $step: a } } }
output: { $step: b }
`,
    play: (run) => {
      run.settle(run.call("a"), { kind: "success", value: { kind: "inline", json: { x: 2 } }, cached: true });
    },
    status: "completed",
    results: [success({ x: 3 })],
  },
  {
    name: "tolerated",
    flow: `
steps:
  - id: m
    component: /builtin/map
    input:
      workflow:
        $literal:
          ${inner}
      items: [{ x: 1 }, { x: 2 }, { x: 3 }]
      tolerated_failure_count: 1
output: { $step: m, path: successful }
`,
    play: (run) => {
      succeed(run, "a");
      run.fail(run.call("a", 1), "INVALID_INPUT");
    },
    status: "completed",
    results: [success(2)],
  },
];
