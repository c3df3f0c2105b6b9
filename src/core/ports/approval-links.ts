import type { Namespace, TaskId } from "../../protocol/ids.ts";

/** What a link permits: to decide one asking of one step, as one of its approvers. */
export interface ApprovalTicket {
  readonly namespace: Namespace;
  readonly taskId: TaskId;
  /** The attempt with which the asking began: a step that asks again has other links. */
  readonly asking: number;
  /** Absent: whoever holds the link. */
  readonly approver?: string;
}

/** Absolute URLs. A GET of any of them shows the page and decides nothing. */
export interface ApprovalLink {
  readonly page: string;
  readonly approve: string;
  readonly reject: string;
}

/** Signs links; a function of the ticket, the time and the deployment's secret alone. */
export interface ApprovalLinks {
  /** `expiresAt`: epoch milliseconds; a bound on top of the wait's own end, which the journal has. */
  issue(ticket: ApprovalTicket, expiresAt: number): ApprovalLink;
}
