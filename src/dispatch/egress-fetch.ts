import { checkEgress, type EgressPolicy, type EgressRule } from "../core/egress/index.ts";
import type { TaskError } from "../protocol/task-error.ts";

/** What the guarded network throws instead of sending a request; transports make it a failure that is not retried. */
export class EgressRefusedError extends Error {
  readonly rule: EgressRule;

  constructor(rule: EgressRule, reason: string) {
    super(reason);
    this.name = "EgressRefusedError";
    this.rule = rule;
  }
}

type Fetch = (request: Request) => Promise<Response>;

/** The network behind a policy: each request is checked, and no redirect is followed past it. */
export function egressFetch(fetch: Fetch, policy: EgressPolicy): Fetch {
  return async (request) => {
    const verdict = checkEgress(request.url, policy);
    if (verdict.kind === "refused") throw new EgressRefusedError(verdict.rule, verdict.reason);
    // Copied only where it must be: a copy of each request costs.
    return fetch(request.redirect === "manual" ? request : new Request(request, { redirect: "manual" }));
  };
}

/** `who` names what was to be reached. */
export function egressError(who: string, rule: EgressRule, reason: string): TaskError {
  return {
    code: "ORCHESTRATOR_ERROR",
    message: `${who} is not called, the egress policy of this deployment forbids it (${rule}): ${reason}`,
    data: { egress: rule },
  };
}
