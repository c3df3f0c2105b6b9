/**
 * How the engine learns what stands behind a step's component path. Routing is pure: it looks at the configuration, the
 * known components and the step's resolved input (route conditions), and never at the network.
 */
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { ToleratedFailures } from "../../protocol/run.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { TaskOutcome } from "./task-outcome.ts";
import type { WaitComponent } from "./wait-component.ts";

export interface ComponentResolver {
  /** `path` as the flow writes it (`/builtin/eval`); `input` is the resolved input. */
  resolve(path: string, input: Json): Resolution;
}

export type Resolution =
  /** No route, a route condition that cannot be read, a plugin that is missing. ORCHESTRATOR_ERROR; not retried, no `useDefault`. */
  | { readonly kind: "unroutable"; readonly error: TaskError }
  | ({ readonly componentId: string } & (
      | { readonly kind: "inline"; readonly component: InlineComponent }
      | { readonly kind: "sleep"; readonly component: SleepComponent }
      | { readonly kind: "sub_run"; readonly component: SubRunComponent }
      | { readonly kind: "wait"; readonly component: WaitComponent }
      | ({ readonly kind: "call" } & CallTarget)
    ));

/** Runs inside the turn (A3): synchronous, pure, quick. Mock components and the pure builtins. */
export interface InlineComponent {
  execute(input: Json): TaskOutcome;
}

/** A durable timer. `now`: epoch milliseconds. */
export interface SleepComponent {
  plan(
    input: Json,
    now: number,
  ):
    | { readonly kind: "sleep"; readonly durationMs: number; readonly result: Json }
    | { readonly kind: "failed"; readonly error: TaskError };
}

/** `eval`, `map`, `iterate`: runs flows as sub-runs and says what comes of their results. Pure. */
export interface SubRunComponent {
  start(input: Json): SubRunDecision;
  /** After round `round` (0-based) has ended. `input` is the step's input again. */
  next(input: Json, round: number, finished: FinishedSubRun): SubRunDecision;
}
export interface FinishedSubRun {
  readonly runId: string;
  /** By item index. */
  readonly results: readonly FlowResult[];
}
export type SubRunDecision =
  | { readonly kind: "start"; readonly request: SubRunRequest }
  | { readonly kind: "done"; readonly outcome: TaskOutcome };
export interface SubRunRequest {
  /** A flow document in any dialect, or the id of one in the blob store. */
  readonly flow:
    | { readonly kind: "document"; readonly document: Json }
    | { readonly kind: "stored"; readonly flowId: string };
  /** One item per element. */
  readonly inputs: readonly Json[];
  /** Absent: inherited from the parent. */
  readonly variables?: JsonObject;
  readonly overrides?: Json;
  /** Patterns of what it may name, besides the bounds of the parent. */
  readonly allowComponents?: readonly string[];
  /** Items active at once. */
  readonly maxConcurrency?: number;
  /** Absent: all items may fail. */
  readonly toleratedFailures?: ToleratedFailures;
  /** What comes of it is `{results, successful, failed, skipped}`: with many items `next` is not asked. */
  readonly mayBeChunked?: true;
}

/** A component outside the object: journaled before it is called. */
export interface CallTarget {
  readonly plugin: string;
  /** Captured by a route pattern or a component path template; handed to the worker. */
  readonly pathParams?: JsonObject;
  /** Bound on one attempt as configured for the plugin; a step's own `timeout` wins. */
  readonly timeoutMs?: number;
}
