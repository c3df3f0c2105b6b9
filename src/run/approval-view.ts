import type { ApprovalDecision } from "../core/run/event.ts";
import type { JsonObject } from "../protocol/json.ts";

export type ApprovalState =
  /** `until`: RFC 3339; absent while people are still being told. */
  | { readonly kind: "open"; readonly until?: string }
  | {
      readonly kind: "decided";
      readonly decision: ApprovalDecision;
      readonly by?: string;
      readonly comment?: string;
      readonly at: string;
    }
  /** Without a decision. */
  | { readonly kind: "over"; readonly reason: string; readonly at?: string };

/** One asking as its page shows it. */
export interface ApprovalView {
  readonly runId: string;
  readonly flowName?: string;
  readonly stepId: string;
  readonly title: string;
  readonly message?: string;
  readonly form?: JsonObject;
  readonly state: ApprovalState;
}

export interface Decision {
  readonly decision: ApprovalDecision;
  /** The approver whose link it is; otherwise who they say they are. */
  readonly by?: string;
  readonly comment?: string;
  /** What was filled in. */
  readonly data?: JsonObject;
}
