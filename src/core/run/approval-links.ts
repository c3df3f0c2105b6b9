import type { Json } from "../../protocol/json.ts";
import type { ApproverLink } from "../../protocol/wait.ts";
import type { ApprovalLinks, ApprovalTicket } from "../ports/approval-links.ts";
import type { ApprovalRequest } from "../ports/wait-component.ts";

/** Links outlive what they are for by so much: until then their page says what became of it. */
const LINK_VALID_LONGER_MS = 30 * 86_400_000;

/** A link per approver, or one for whoever has it. `until`: when the wait ends. */
export function approvalLinks(
  links: ApprovalLinks,
  ticket: Omit<ApprovalTicket, "approver">,
  approvers: readonly string[] | undefined,
  until: number,
): ApproverLink[] {
  const expiresAt = until + LINK_VALID_LONGER_MS;
  if (!approvers) return [links.issue(ticket, expiresAt)];
  return approvers.map((approver) => ({ approver, ...links.issue({ ...ticket, approver }, expiresAt) }));
}

/** Who reads a request's row knows that the engine wrote it. */
export function asApprovalRequest(value: Json): ApprovalRequest {
  return value as unknown as ApprovalRequest;
}
