/**
 * What an expression can see while it is evaluated. The engine implements it over the run's state; tests over plain maps.
 * Reading is synchronous. A value that lies in the blob store and is not in memory reads as `not_resident`: the evaluation
 * then reports every such blob it met, the shell fetches them, and the expression is evaluated again.
 */
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";

export type Read =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] };

export type StepView =
  /** Not finished: neither its value nor its outcome is known. */
  | { readonly kind: "pending" }
  | { readonly kind: "success"; read(): Read }
  | {
      readonly kind: "failed";
      readError(): { readonly kind: "value"; readonly value: TaskError } | Extract<Read, { kind: "not_resident" }>;
    }
  | { readonly kind: "skipped" }
  /** No step of that id in the flow. */
  | { readonly kind: "unknown" };

export interface Scope {
  step(id: string): StepView;
  /** The run input of this item. */
  input(): Read;
  /** A given variable, or its schema's (inferred) default (flow-semantics §3.7); `undefined` if there is neither. */
  variable(name: string): Read | undefined;
  /** The element of the enclosing `foreach`; `undefined` outside one. */
  item(): Read | undefined;
  index(): number | undefined;
  /** The JSON that a blob reference stands for. */
  blob(id: BlobId): Read;
}

export type Evaluation =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "failed"; readonly error: TaskError }
  /** A reference without a default met a skipped step. */
  | { readonly kind: "skipped"; readonly step: string }
  /** Fetch these and evaluate again. */
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] };

/** What an expression waits for now: the unfinished steps that could still decide it (lazy, flow-semantics §2.4). */
export type Needs =
  /** Empty `steps`: it can be evaluated. */
  | { readonly kind: "steps"; readonly steps: ReadonlySet<string> }
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] };
