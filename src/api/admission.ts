import { type Caller, DEFAULT_NAMESPACE, mayDo } from "../auth/caller.ts";
import { assertNever } from "../protocol/assert-never.ts";
import type { Scope } from "../protocol/scope.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";

/** What a caller needs: this scope, one of these, or nothing at all (`open`). */
export type OperationScope = Scope | readonly Scope[] | "open";

const CHALLENGE = 'Bearer realm="stepflow"';
/** What is open is nobody's: no namespace is touched by it. */
const ANYBODY: Caller = { name: "anybody", namespace: DEFAULT_NAMESPACE, scopes: [] };

/** Who calls an operation, if they may; otherwise throws a refusal: 401, 403 with the scope that is missing, or 503. */
export async function admit(
  request: Request,
  scope: OperationScope,
  deps: Pick<ApiDeps, "authenticate">,
): Promise<Caller> {
  if (scope === "open") return ANYBODY;
  const authentication = await deps.authenticate(request);
  switch (authentication.kind) {
    case "known":
      return allowed(authentication.caller, alternatives(scope));
    case "unauthenticated": {
      const { given, reason } = authentication;
      const challenge = given ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE;
      throw new ApiError("UNAUTHENTICATED", reason, { headers: { "www-authenticate": challenge } });
    }
    case "refused":
      throw new ApiError(authentication.status, authentication.reason);
    default:
      return assertNever(authentication);
  }
}

export function alternatives(scope: Exclude<OperationScope, "open">): readonly Scope[] {
  return typeof scope === "string" ? [scope] : scope;
}

function allowed(caller: Caller, scopes: readonly Scope[]): Caller {
  if (scopes.some((scope) => mayDo(caller, scope))) return caller;
  const wanted = scopes.map((scope) => `"${scope}"`).join(" or ");
  const held = caller.scopes.map((scope) => `"${scope}"`).join(", ");
  throw new ApiError("FORBIDDEN", `This needs the scope ${wanted}; your token has ${held}.`, {
    headers: { "www-authenticate": `${CHALLENGE}, error="insufficient_scope", scope="${scopes[0] ?? ""}"` },
  });
}
