import type { Json, JsonObject } from "./json.ts";

/** A link to an approval's page, which asks before it decides. `approver`: whose link it is; absent: whoever has it. */
export interface ApproverLink {
  readonly approver?: string;
  readonly page: string;
  readonly approve: string;
  readonly reject: string;
}

/** What people are asked. */
export interface ApprovalAsked {
  readonly title: string;
  readonly message?: string;
  /** JSON Schema of what is filled in. */
  readonly form?: JsonObject;
  readonly approvers?: readonly string[];
  readonly links: readonly ApproverLink[];
}

interface RunWaitBase {
  readonly runId: string;
  readonly itemIndex: number;
  readonly stepIndex: number;
  readonly stepId: string;
  /** The element, inside a `foreach` step. */
  readonly elementIndex?: number;
  /** RFC 3339. */
  readonly since: string;
  /** When it is given up; absent: never. */
  readonly until?: string;
}

/** Something that a run, or one of its sub-runs, waits for. */
export type RunWait =
  | (RunWaitBase & { readonly kind: "signal"; readonly name: string; readonly schema?: Json })
  | (RunWaitBase & { readonly kind: "approval"; readonly approval: ApprovalAsked });
