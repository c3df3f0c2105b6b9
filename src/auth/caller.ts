import type { Namespace } from "../protocol/ids.ts";
import type { Scope } from "../protocol/scope.ts";

/** The namespace of the bootstrap token, of Cloudflare Access and of local mode. */
export const DEFAULT_NAMESPACE = "default" as Namespace;

/** Who makes a request, and what they may do. */
export interface Caller {
  /** For the log and the books; no secret. */
  readonly name: string;
  readonly namespace: Namespace;
  readonly scopes: readonly Scope[];
  /** Patterns of the components that runs they start may use; absent: all. */
  readonly allowComponents?: readonly string[];
}

/** `admin` holds every scope. */
export function mayDo(caller: Pick<Caller, "scopes">, scope: Scope): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes("admin");
}
