import type { Evaluation, Scope, StepView } from "../../../src/core/expression/index.ts";
import { assertNever } from "../../../src/protocol/assert-never.ts";
import type { BlobId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { TaskError } from "../../../src/protocol/task-error.ts";

export type StepState =
  | { readonly is: "pending" }
  | { readonly is: "success"; readonly value: Json }
  | { readonly is: "failed"; readonly error: TaskError }
  | { readonly is: "skipped" }
  /** A success whose value lies in the blob store under this name until it is fetched. */
  | { readonly is: "stored"; readonly blob: string; readonly value: Json };

export interface ScopeContent {
  readonly steps?: Readonly<Record<string, StepState>>;
  readonly input?: Json;
  readonly variables?: Readonly<Record<string, Json>>;
  readonly item?: Json;
  readonly index?: number;
  /** Blobs that are in memory. */
  readonly fetched?: ReadonlySet<string>;
  /** What blob references stand for, by id; others are not in memory. */
  readonly blobs?: Readonly<Record<string, Json>>;
}

export interface MapScope extends Scope {
  /** Steps whose value was read. */
  readonly reads: string[];
}

/** A scope over plain values that remembers what was read. */
export function mapScope(content: ScopeContent): MapScope {
  const steps = new Map(Object.entries(content.steps ?? {}));
  const variables = new Map(Object.entries(content.variables ?? {}));
  const reads: string[] = [];
  return {
    reads,
    step: (id) => viewOf(id, steps.get(id), content.fetched ?? new Set(), reads),
    input: () => ({ kind: "value", value: content.input ?? null }),
    variable: (name) => {
      const value = variables.get(name);
      return value === undefined ? undefined : { kind: "value", value };
    },
    item: () => (content.item === undefined ? undefined : { kind: "value", value: content.item }),
    index: () => content.index,
    blob: (id) => {
      const value = content.blobs?.[id];
      return value === undefined ? { kind: "not_resident", blobs: [id] } : { kind: "value", value };
    },
  };
}

function viewOf(id: string, state: StepState | undefined, fetched: ReadonlySet<string>, reads: string[]): StepView {
  if (state === undefined) return { kind: "unknown" };
  switch (state.is) {
    case "pending":
      return { kind: "pending" };
    case "skipped":
      return { kind: "skipped" };
    case "failed":
      return { kind: "failed", readError: () => ({ kind: "value", value: state.error }) };
    case "success":
      return {
        kind: "success",
        read: () => {
          reads.push(id);
          return { kind: "value", value: state.value };
        },
      };
    case "stored":
      return {
        kind: "success",
        read: () => {
          reads.push(id);
          return fetched.has(state.blob)
            ? { kind: "value", value: state.value }
            : { kind: "not_resident", blobs: [blobNamed(state.blob)] };
        },
      };
    default:
      return assertNever(state);
  }
}

function blobNamed(name: string): BlobId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any name will do for a blob that is never stored
  return name as BlobId;
}

export const success = (value: Json): StepState => ({ is: "success", value });
export const failed = (message: string): StepState => ({ is: "failed", error: { code: "COMPONENT_FAILED", message } });
export const stored = (blob: string, value: Json = blob): StepState => ({ is: "stored", blob, value });
export const PENDING: StepState = { is: "pending" };
export const SKIPPED: StepState = { is: "skipped" };

export const value = (json: Json): Evaluation => ({ kind: "value", value: json });
export const expressionFailure = (message: string): Evaluation => ({
  kind: "failed",
  error: { code: "EXPRESSION_FAILURE", message },
});
