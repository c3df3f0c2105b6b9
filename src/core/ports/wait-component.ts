import type { Json, JsonObject } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";

/** Waits for the world: for a signal, or for a person's decision. Pure. */
export interface WaitComponent {
  plan(input: Json): PlannedWait | { readonly kind: "failed"; readonly error: TaskError };
}

export type PlannedWait =
  | {
      readonly kind: "signal";
      readonly name: string;
      /** Absent: as long as the run lasts. */
      readonly timeoutMs?: number;
      /** JSON Schema of the payloads that fit. */
      readonly schema?: Json;
    }
  | {
      readonly kind: "approval";
      readonly request: ApprovalRequest;
      readonly timeoutMs: number;
      /** Called before the wait begins, with the links in its input. */
      readonly notify?: { readonly component: string; readonly input: JsonObject };
    };

/** What a person is asked. It is the value of the row of the wait. */
export interface ApprovalRequest {
  readonly title: string;
  readonly message?: string;
  /** JSON Schema of an object: what is filled in with an approval. */
  readonly form?: JsonObject;
  /** Each has a link of their own; absent: whoever has the link. */
  readonly approvers?: readonly string[];
  readonly onReject: "continue" | "fail";
}
