import type { ApprovalLink, ApprovalLinks, ApprovalTicket } from "../core/ports/approval-links.ts";
import type { Namespace, TaskId } from "../protocol/ids.ts";
import type { Capabilities } from "./capabilities.ts";

const PURPOSE = "approval";

type ApprovalToken =
  | { readonly kind: "valid"; readonly ticket: ApprovalTicket }
  | { readonly kind: "expired" }
  | { readonly kind: "forged" };

/** Links to approvals. Whoever holds one may decide that one asking, as the approver it names, and nothing else. */
export class ApprovalTokens implements ApprovalLinks {
  readonly #capabilities: Capabilities;
  readonly #publicUrl: string;

  /** `publicUrl`: the origin the links lead to. */
  constructor(capabilities: Capabilities, publicUrl: string) {
    this.#capabilities = capabilities;
    this.#publicUrl = publicUrl;
  }

  issue({ namespace, taskId, asking, approver }: ApprovalTicket, expiresAt: number): ApprovalLink {
    const token = this.#capabilities.issue(PURPOSE, [namespace, taskId, asking, approver ?? null, expiresAt]);
    const page = `${this.#publicUrl}/approvals/${token}`;
    return { page, approve: `${page}?decision=approved`, reject: `${page}?decision=rejected` };
  }

  /** `now`: epoch milliseconds. */
  read(token: string, now: number): ApprovalToken {
    const content = this.#capabilities.read(PURPOSE, token);
    if (!Array.isArray(content)) return { kind: "forged" };
    const [namespace, taskId, asking, approver, expiresAt] = content;
    if (
      typeof namespace !== "string" ||
      typeof taskId !== "string" ||
      typeof asking !== "number" ||
      typeof expiresAt !== "number"
    ) {
      return { kind: "forged" };
    }
    if (expiresAt <= now) return { kind: "expired" };
    const ticket = { namespace: namespace as Namespace, taskId: taskId as TaskId, asking };
    return { kind: "valid", ticket: typeof approver === "string" ? { ...ticket, approver } : ticket };
  }
}
