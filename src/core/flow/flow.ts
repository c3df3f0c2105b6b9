/**
 * The canonical flow model: what every dialect is normalised to. Downstream of the parser nothing knows a dialect.
 */
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { StepId } from "../../protocol/ids.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskErrorCode } from "../../protocol/task-error.ts";
import type { Expression } from "../expression/expression.ts";

export interface Flow {
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly schemas?: FlowSchemas;
  readonly steps: readonly Step[];
  readonly output: Expression;
  /** Bound on the whole run. */
  readonly timeoutMs?: number;
  /** Bound on each item, from its first start. */
  readonly itemTimeoutMs?: number;
  /** Tasks in flight over the whole run tree. */
  readonly maxConcurrency?: number;
  readonly test?: FlowTests;
  readonly examples?: readonly FlowExample[];
  readonly metadata?: JsonObject;
}

/** `schemas` of a flow; each schema is JSON Schema, verbatim. */
export interface FlowSchemas {
  readonly defs?: JsonObject;
  readonly input?: Json;
  readonly output?: Json;
  /** An object schema: its `properties` are the variables. */
  readonly variables?: Json;
  /** By step id: the schema of that step's result. */
  readonly steps?: JsonObject;
}

export interface Step {
  readonly id: StepId;
  /** Route path: `/builtin/eval`. */
  readonly component: string;
  readonly input: Expression;
  readonly onError: ErrorAction;
  /** Truthy: the step ends skipped and no component runs. Looked at before `foreach` and `input`. */
  readonly skip?: Expression;
  /** Gives an array: the step runs once per element, its result is the array of results. */
  readonly foreach?: Expression;
  /** With `foreach`: elements in flight at once. */
  readonly maxConcurrency?: number;
  /** Bound on one attempt. */
  readonly timeoutMs?: number;
  readonly retry?: RetryPolicy;
  readonly cache?: CachePolicy;
  /** Undoes the step's effect when its item fails or its run is cancelled after it has succeeded. */
  readonly compensate?: Compensation;
  readonly mustExecute: boolean;
  readonly metadata?: JsonObject;
}

export interface Compensation {
  readonly component: string;
  /** Sees what the step's input sees, every earlier step, and the step's own result. */
  readonly input: Expression;
  readonly timeoutMs?: number;
  readonly retry?: RetryPolicy;
}

export type ErrorAction =
  | { readonly kind: "fail" }
  | { readonly kind: "use_default"; readonly value: Json }
  | { readonly kind: "skip" }
  /** Component failures only: total attempts = `maxRetries` + 1. */
  | { readonly kind: "retry"; readonly maxRetries: number };

/** A step's own `retry`: caps attempts of both error classes together. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** Codes worth another attempt; absent: the reference's retryable codes. */
  readonly on?: readonly TaskErrorCode[];
}

/** A step's `cache`: a call that was made before is answered with its result. */
export interface CachePolicy {
  /** How long a result may be used, at most a year. */
  readonly ttlMs: number;
  /** What tells calls of one component apart; absent: the step's whole input. */
  readonly key?: Expression;
  /** Who shares results: the runs of one flow, or all of the namespace. */
  readonly scope: "flow" | "global";
}

export interface Backoff {
  readonly type: "constant" | "exponential" | "fibonacci";
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Exponential only. */
  readonly factor: number;
  /** `full`: uniformly between 0 and the delay. */
  readonly jitter: "none" | "full";
}

export interface FlowTests {
  /** Relative to the flow file. */
  readonly configFile?: string;
  readonly config?: Json;
  /** Older dialect: processes the CLI starts for the cases. */
  readonly servers?: Json;
  readonly cases: readonly FlowTestCase[];
}
export interface FlowTestCase {
  readonly name: string;
  readonly description?: string;
  readonly input: Json;
  /** As written: `result` may be missing with `outcome: success` (then only the outcome is compared). */
  readonly output?: Json;
}
export interface FlowExample {
  readonly name: string;
  readonly description?: string;
  readonly input: Json;
}
export type { FlowResult };
