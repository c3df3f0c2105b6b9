/**
 * The flow language as a plain recursive program: each step is settled when somebody asks for it, each task tries until its
 * verdict stands. It knows no time, no order, no journal; what it gives is what a run must come to, whatever happens to it.
 * It also notes every attempt it decided on, so that a step nobody needs, or a retry too many, shows.
 */
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { TaskError, TaskErrorCode } from "../../src/protocol/task-error.ts";
import type { StepDocument } from "./flow-document.ts";
import { stepsOf } from "./flow-document.ts";
import type { NaiveScope, Settled } from "./naive-expression.ts";
import { evaluateNaively, failed, isTrue } from "./naive-expression.ts";
import type { Verdict } from "./worker-verdict.ts";

/** `key`: the task by the place it stands in; `retry`: retries decided before, over both classes. */
export type Oracle = (key: string, retry: number, component: string, input: Json) => Verdict;

export interface NaiveSettings {
  readonly transportMaxRetries: number;
  /** What is taken over from an earlier run, by the names of items, steps and elements. */
  readonly settled?: ReadonlyMap<string, Settled>;
}

export class NaiveInterpreter {
  /** `<task>#<retry>` of every attempt that calls a worker. */
  readonly attempts = new Set<string>();
  /** Runs given up for too many failures: which of their attempts were made depends on time. What their names begin with. */
  readonly givenUp: string[] = [];
  /** What undoes the item that is under way, and the sub-runs below it. */
  #undo: (() => void)[] = [];
  readonly #oracle: Oracle;
  readonly #settings: NaiveSettings;

  constructor(oracle: Oracle, settings: NaiveSettings) {
    this.#oracle = oracle;
    this.#settings = settings;
  }

  /** Results by item. `key` names the run. */
  run(flow: JsonObject, inputs: readonly Json[], variables: JsonObject, key: string): FlowResult[] {
    return inputs.map((input, item) => this.#item(flow, input, variables, `${key}/${item}`));
  }

  #item(flow: JsonObject, input: Json, variables: JsonObject, key: string): FlowResult {
    const steps = new Map(stepsOf(flow).map((step) => [step.id, step]));
    const over = this.#settings.settled?.get(key);
    if (over) return toFlowResult(over);
    const settled = new Map<string, Settled>();
    for (const id of steps.keys()) {
      const known = this.#settings.settled?.get(`${key}/${id}`);
      if (known) settled.set(id, known);
    }
    const above = this.#undo;
    this.#undo = [];
    const scope: NaiveScope = {
      settled,
      input,
      variables,
      step: (id) => {
        const known = settled.get(id);
        if (known) return known;
        const step = steps.get(id);
        const result = step ? this.#step(step, scope, `${key}/${id}`) : failed(`Unknown step: ${id}`);
        settled.set(id, result);
        return result;
      },
    };
    const must = [...steps].filter(([, step]) => step.mustExecute === true).map(([id]) => scope.step(id));
    const output = evaluateNaively(flow["output"] ?? null, scope);
    const broken = must.find((result) => result.kind === "failed");
    const result = toFlowResult(output.kind !== "failed" && broken ? broken : output);
    const undo = this.#undo.splice(0);
    this.#undo = above;
    if (result.outcome === "failed") for (const compensate of undo.toReversed()) compensate();
    else above.push(...undo);
    return result;
  }

  #step(step: StepDocument, scope: NaiveScope, key: string): Settled {
    if (isTrue(evaluateNaively(step.skip ?? null, scope))) return { kind: "skipped" };
    if (step.foreach === undefined || step.foreach === null) return this.#task(step, scope, key);
    const array = evaluateNaively(step.foreach, scope);
    if (array.kind !== "value") return array;
    if (!Array.isArray(array.value)) {
      return failed(`foreach needs an array, got ${array.value === null ? "null" : typeof array.value}`);
    }
    const results = array.value.map((value: Json, index) =>
      this.#element(step, { ...scope, element: { value, index } }, `${key}/${index}`),
    );
    const broken = results.find(({ kind }) => kind === "failed");
    if (broken) return broken;
    return { kind: "value", value: results.map((result) => (result.kind === "value" ? result.value : null)) };
  }

  #element(step: StepDocument, scope: NaiveScope, key: string): Settled {
    const known = this.#settings.settled?.get(key);
    // Looked at whatever is known.
    if (known) evaluateNaively([step.input ?? null, step.cache?.key ?? null], scope);
    return known ?? this.#task(step, scope, key);
  }

  #task(step: StepDocument, scope: NaiveScope, key: string): Settled {
    const input = evaluateNaively(step.input ?? null, scope);
    // Looked at whatever became of the input.
    const cacheKey = evaluateNaively(step.cache?.key ?? null, scope);
    if (input.kind !== "value") return input;
    const component = step.component;
    if (component.startsWith("/nowhere")) return failed("error routing component", "ORCHESTRATOR_ERROR");
    if (cacheKey.kind !== "value" && component.startsWith("/w/")) return cacheKey;
    const tries = { transport: 0, component: 0 };
    for (;;) {
      const retry = tries.transport + tries.component;
      const settled = this.#attempt(component, input.value, scope, key, retry);
      if (settled.kind === "value" && !settled.cached) this.#noteCompensation(step, scope, settled, key);
      if (settled.kind !== "failed") return settled;
      const kind = this.#retryClass(step, settled.error.code, tries);
      if (!kind) return afterFailure(step, settled);
      tries[kind] += 1;
    }
  }

  /** What undoes a step sees its result, and of the other steps only what has settled without it. */
  #noteCompensation(step: StepDocument, scope: NaiveScope, own: Settled, key: string): void {
    const { compensate } = step;
    if (!compensate) return;
    this.#undo.push(() => {
      const above = this.#undo;
      this.#undo = [];
      const view: NaiveScope = {
        ...scope,
        step: (id) => (id === step.id ? own : (scope.settled.get(id) ?? failed("not completed"))),
      };
      this.#task({ id: step.id, ...compensate }, view, `${key}!undo`);
      this.#undo = above;
    });
  }

  #attempt(
    component: string,
    input: Json,
    scope: NaiveScope,
    key: string,
    retry: number,
  ): Settled & { readonly cached?: true } {
    switch (component) {
      case "/builtin/noop":
        return { kind: "value", value: input };
      case "/builtin/sleep":
        return { kind: "value", value: input };
      case "/builtin/map":
      case "/builtin/eval":
      case "/builtin/iterate":
        return this.#subRun(component, input as JsonObject, scope, `${key}~${retry}`);
      case "/builtin/wait_for_event": {
        const verdict = this.#oracle(key, retry, component, input);
        if (verdict.kind === "hang") return failed("no signal", "TIMEOUT");
        return verdict.kind === "success"
          ? { kind: "value", value: verdict.json }
          : { kind: "failed", error: verdict.error };
      }
      default: {
        this.attempts.add(`${key}#${retry}`);
        const verdict = this.#oracle(key, retry, component, input);
        // Its task was stopped, or never started: it is one of a run that is given up whatever becomes of it.
        if (verdict.kind === "hang") return failed("no reply", "TIMEOUT");
        return verdict.kind === "success"
          ? { kind: "value", value: verdict.json, ...(verdict.cached && { cached: true }) }
          : { kind: "failed", error: verdict.error };
      }
    }
  }

  #subRun(component: string, input: JsonObject, scope: NaiveScope, key: string): Settled {
    const flow = (input["workflow"] ?? input["flow"]) as JsonObject;
    const variables = (input["variables"] as JsonObject | undefined) ?? scope.variables;
    if (component === "/builtin/iterate") return this.#iterate(flow, input, variables, key);
    if (component === "/builtin/eval") {
      const [result] = this.run(flow, [input["input"] ?? null], variables, `${key}:0`);
      return { kind: "value", value: { result: resultJson(result) } };
    }
    const { items } = input;
    if (!Array.isArray(items)) return failed("items is not an array", "INVALID_INPUT");
    const results = this.run(flow, items, variables, `${key}:0`);
    const share = input["tolerated_failure_percentage"];
    const tolerated = Math.min(
      Number(input["tolerated_failure_count"] ?? Number.POSITIVE_INFINITY),
      share === undefined ? Number.POSITIVE_INFINITY : Math.floor((items.length * Number(share)) / 100),
    );
    if (results.filter(({ outcome }) => outcome === "failed").length > tolerated) {
      this.givenUp.push(`${key}:0`);
      return failed("too many items failed", "COMPONENT_FAILED");
    }
    const count = (outcome: FlowResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
    return {
      kind: "value",
      value: {
        results: results.map(resultJson),
        successful: count("success"),
        failed: count("failed"),
        skipped: count("skipped"),
      },
    };
  }

  #iterate(flow: JsonObject, input: JsonObject, variables: JsonObject, key: string): Settled {
    let current: Json = input["initial_input"] ?? null;
    const limit = Number(input["max_iterations"]);
    for (let round = 0; round < limit; round++) {
      const [result] = this.run(flow, [current], variables, `${key}:${round}`);
      if (result?.outcome === "failed") return { kind: "failed", error: result.error };
      const output = (result?.outcome === "success" ? result.result : null) as JsonObject | null;
      if (output?.["result"] !== undefined) {
        return { kind: "value", value: { result: output["result"], iterations: round + 1, terminated: false } };
      }
      if (output?.["next"] === undefined) return failed("neither result nor next", "INVALID_INPUT");
      current = output["next"];
    }
    return { kind: "value", value: { result: current, iterations: limit, terminated: true } };
  }

  #retryClass(
    step: StepDocument,
    code: TaskErrorCode,
    tries: { readonly transport: number; readonly component: number },
  ): "transport" | "component" | undefined {
    const transport = code === "UNREACHABLE" || code === "TIMEOUT";
    const component = code === "COMPONENT_FAILED" || code === "RESOURCE_UNAVAILABLE";
    const policy = step.retry;
    if (policy) {
      const worthIt = policy.on ? policy.on.includes(code) : transport || component;
      if (!worthIt || tries.transport + tries.component + 1 >= policy.maxAttempts) return undefined;
      return transport ? "transport" : "component";
    }
    const action = step.onError?.action ?? "fail";
    if (action === "useDefault" || action === "skip") return undefined;
    // What waits is not retried of itself.
    if (step.component === "/builtin/wait_for_event") return undefined;
    if (transport) return tries.transport < this.#settings.transportMaxRetries ? "transport" : undefined;
    if (!component || action !== "retry") return undefined;
    return tries.component < (step.onError?.maxRetries ?? 3) ? "component" : undefined;
  }
}

function afterFailure(step: StepDocument, failure: Extract<Settled, { kind: "failed" }>): Settled {
  if (step.onError?.action === "useDefault") return { kind: "value", value: step.onError.defaultValue ?? null };
  return step.onError?.action === "skip" ? { kind: "skipped" } : failure;
}

function toFlowResult(settled: Settled): FlowResult {
  switch (settled.kind) {
    case "value":
      return { outcome: "success", result: settled.value };
    case "failed":
      return { outcome: "failed", error: settled.error };
    case "skipped":
      return { outcome: "skipped" };
  }
}

function resultJson(result: FlowResult | undefined): JsonObject {
  if (result?.outcome === "failed") {
    const { code, message, data }: TaskError = result.error;
    return { outcome: "failed", error: { code, message, ...(data !== undefined && { data }) } };
  }
  return result ? { ...result } : {};
}
