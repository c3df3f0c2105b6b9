/** Random runs: a flow document in the canonical dialect, its inputs, variables and bounds. */
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { START } from "./event-queue.ts";
import type { Surroundings } from "./expression-generator.ts";
import { generateExpression, generateList } from "./expression-generator.ts";
import type { Prng } from "./prng.ts";
import { SIGNAL_NAMES, STRICT_NAMES, STRICT_SCHEMA } from "./signal-world.ts";
import { WORKER_COMPONENTS } from "./worker-verdict.ts";

export interface GeneratedRun {
  readonly flow: JsonObject;
  readonly inputs: readonly Json[];
  readonly variables: JsonObject | undefined;
  readonly maxConcurrency: number;
  /** The run has a deadline: what it comes to depends on time. */
  readonly isBounded: boolean;
}

export function generateRun(prng: Prng): GeneratedRun {
  const isBounded = prng.chance(0.06);
  const size = prng.weighted({ small: 2, medium: 5, large: 2 });
  const steps = { small: prng.between(0, 3), medium: prng.between(2, 7), large: prng.between(8, 14) }[size];
  return {
    flow: {
      ...generateFlow(prng, steps, 2),
      ...(isBounded && { [prng.pick(["timeout", "itemTimeout"])]: prng.between(1, 16) * 500 }),
    },
    inputs: Array.from({ length: prng.pick([0, 1, 1, 1, 2, 2, 3, 5]) }, () => generateInput(prng)),
    variables: prng.chance(0.5) ? { given: prng.pick<Json>([1, false, null, { deep: 2 }]) } : undefined,
    maxConcurrency: prng.pick([1, 2, 3, 10]),
    isBounded,
  };
}

function generateInput(prng: Prng): Json {
  if (prng.chance(0.03)) return null;
  return {
    k: prng.between(0, 9),
    flag: prng.chance(0.5),
    list: Array.from({ length: prng.between(0, 4) }, (_, index) => (prng.chance(0.3) ? { v: index } : index)),
  };
}

/** `nesting`: how deep sub-flows may go. */
function generateFlow(prng: Prng, stepCount: number, nesting: number): JsonObject {
  const known: { id: string; path?: string }[] = [];
  const steps: JsonObject[] = [];
  for (let index = 0; index < stepCount; index++) {
    const id = `s${index}`;
    const step = generateStep(prng, id, known, nesting);
    steps.push(step);
    const path = ownPath(step);
    if (!path || !step["foreach"]) known.push(path ? { id, path } : { id });
  }
  const output = generateOutput(prng, { steps: known, insideForeach: false });
  return { name: "simulated", ...(steps.length > 0 && { steps }), output };
}

/** What of a step's result can be told beforehand: not the id of a sub-run, nor how long it is still to a point in time. */
function ownPath({ component, input }: JsonObject): string | undefined {
  if (component === "/builtin/eval") return "$.result";
  return component === "/builtin/sleep" && (input as JsonObject)["until"] !== undefined ? "$.passthrough" : undefined;
}

/** Half of the outputs look at most steps, so that most of the flow runs. */
function generateOutput(prng: Prng, around: Surroundings): Json {
  if (prng.chance(0.5)) return generateExpression(prng, around);
  const looked = around.steps.filter(() => prng.chance(0.7));
  return looked.map(({ id, path }) => ({
    $step: id,
    ...(path && { path }),
    ...(prng.chance(0.7) && { onSkip: { action: "useDefault", defaultValue: generateExpression(prng, around, 1) } }),
  }));
}

function generateStep(prng: Prng, id: string, known: Surroundings["steps"], nesting: number): JsonObject {
  const component = generateComponent(prng, nesting);
  const foreach = prng.chance(0.2);
  const around: Surroundings = { steps: known, insideForeach: foreach };
  const outside: Surroundings = { steps: known, insideForeach: false };
  const input = generateComponentInput(prng, component, around, nesting);
  const path = ownPath({ component, input });
  const own = path ? { id, path } : { id };
  return {
    id,
    component,
    ...(prng.chance(0.5) && { onError: generateErrorAction(prng) }),
    input,
    ...(prng.chance(0.12) && { mustExecute: true }),
    ...(prng.chance(0.15) && { skip: generateExpression(prng, outside, 2) }),
    ...(foreach && {
      foreach: generateList(prng, outside),
      ...(prng.chance(0.5) && { maxConcurrency: prng.between(1, 3) }),
    }),
    ...((component === "/w/hang" || prng.chance(0.2)) && { timeout: prng.between(1, 20) * 500 }),
    ...(prng.chance(0.25) && { retry: generateRetry(prng) }),
    ...(component.startsWith("/w/") && prng.chance(0.2) && { cache: generateCache(prng, around) }),
    ...(prng.chance(0.3) && { compensate: generateCompensation(prng, own, around, nesting) }),
  };
}

function generateCache(prng: Prng, around: Surroundings): JsonObject {
  return {
    ttl: prng.pick([1, 500, 5_000, 3_600_000]),
    ...(prng.chance(0.3) && { key: generateExpression(prng, around, 2) }),
    ...(prng.chance(0.5) && { scope: "global" }),
  };
}

function generateCompensation(
  prng: Prng,
  own: Surroundings["steps"][number],
  around: Surroundings,
  nesting: number,
): JsonObject {
  const component = generateComponent(prng, nesting);
  return {
    component,
    input: generateComponentInput(prng, component, { ...around, steps: [...around.steps, own] }, nesting),
    ...((component === "/w/hang" || prng.chance(0.2)) && { timeout: prng.between(1, 20) * 500 }),
    ...(prng.chance(0.4) && { retry: generateRetry(prng) }),
  };
}

function generateComponent(prng: Prng, nesting: number): string {
  const kind = prng.weighted({
    worker: 12,
    noop: 3,
    sleep: 1.5,
    wait: 2,
    subFlow: nesting > 0 ? 3 : 0,
    unroutable: 0.2,
  });
  switch (kind) {
    case "worker":
      return `/w/${prng.pick(WORKER_COMPONENTS)}`;
    case "noop":
      return "/builtin/noop";
    case "sleep":
      return "/builtin/sleep";
    case "wait":
      return "/builtin/wait_for_event";
    case "subFlow":
      return prng.pick(["/builtin/map", "/builtin/map", "/builtin/eval", "/builtin/iterate"]);
    case "unroutable":
      return "/nowhere/x";
  }
}

function generateComponentInput(prng: Prng, component: string, around: Surroundings, nesting: number): Json {
  switch (component) {
    case "/builtin/sleep":
      return {
        ...(prng.chance(0.3)
          ? { until: new Date(START + prng.between(-1, 8) * 900).toISOString() }
          : { duration_ms: prng.between(0, 5) * 700 }),
        passthrough: generateExpression(prng, around, 1),
      };
    case "/builtin/wait_for_event": {
      const name = prng.pick(SIGNAL_NAMES);
      return {
        name,
        // Not read by anybody: what the wait comes after.
        after: generateExpression(prng, around, 1),
        ...(prng.chance(0.3) && { timeout: prng.between(1, 16) * 500 }),
        ...(STRICT_NAMES.some((strict) => strict === name) && { schema: { $literal: STRICT_SCHEMA } }),
      };
    }
    case "/builtin/map":
      return {
        workflow: { $literal: generateFlow(prng, prng.between(0, 3), nesting - 1) },
        items: generateList(prng, around),
        ...(prng.chance(0.4) && { max_concurrency: prng.between(1, 3) }),
        ...(prng.chance(0.15) && { tolerated_failure_count: prng.between(0, 1) }),
        ...(prng.chance(0.1) && { tolerated_failure_percentage: prng.pick([0, 25, 50, 100]) }),
        ...(prng.chance(0.2) && { variables: { $literal: { given: 5 } } }),
      };
    case "/builtin/eval":
      return {
        flow: { $literal: generateFlow(prng, prng.between(0, 3), nesting - 1) },
        input: generateExpression(prng, around, 1),
      };
    case "/builtin/iterate":
      return {
        flow: {
          $literal: {
            steps: [{ id: "step", component: "/w/loop", input: { $input: "$" } }],
            output: { $step: "step" },
          },
        },
        initial_input: prng.between(0, 5),
        max_iterations: prng.between(0, 4),
      };
    default:
      return generateExpression(prng, around);
  }
}

function generateErrorAction(prng: Prng): JsonObject {
  switch (prng.weighted({ fail: 1, useDefault: 3, skip: 2, retry: 3 })) {
    case "fail":
      return { action: "fail" };
    case "useDefault":
      return { action: "useDefault", defaultValue: prng.pick<Json>([null, 0, { v: 1 }, [1, 2]]) };
    case "skip":
      return { action: "skip" };
    case "retry":
      return { action: "retry", maxRetries: prng.between(0, 3) };
  }
}

function generateRetry(prng: Prng): JsonObject {
  return {
    maxAttempts: prng.between(1, 4),
    backoff: {
      type: prng.pick(["constant", "exponential", "fibonacci"]),
      minDelay: prng.between(1, 1_000),
      maxDelay: prng.between(1_000, 5_000),
      jitter: prng.pick(["none", "full"]),
    },
    ...(prng.chance(0.3) && {
      on: prng.pick([["COMPONENT_FAILED"], ["TIMEOUT", "INVALID_INPUT"], ["UNREACHABLE", "WORKER_ERROR"]]),
    }),
  };
}
