import type { Json } from "../../protocol/json.ts";
import type { ApprovalAsked } from "../../protocol/wait.ts";
import type { ApprovalLinks } from "../ports/approval-links.ts";
import { approvalLinks, asApprovalRequest } from "./approval-links.ts";
import type { TaskAddress } from "./event.ts";
import type { RunTree } from "./state.ts";
import { taskIdOf } from "./task.ts";

/** What people are asked by a wait, with the links that decide it. `request`: the value of its row. */
export function askedOf(
  tree: RunTree,
  wait: TaskAddress & { readonly asking?: number; readonly until?: number },
  request: Json | undefined,
  links: ApprovalLinks | undefined,
): ApprovalAsked | undefined {
  if (request === undefined || wait.asking === undefined || !tree.root) return undefined;
  const { title, message, form, approvers } = asApprovalRequest(request);
  const ticket = { namespace: tree.root.namespace, taskId: taskIdOf(tree, wait), asking: wait.asking };
  return {
    title,
    ...(message !== undefined && { message }),
    ...(form && { form }),
    ...(approvers && { approvers }),
    links: links ? approvalLinks(links, ticket, approvers, wait.until ?? tree.at) : [],
  };
}
