/**
 * Who makes a request. Owns nothing; asks, in this order: the bearer token (the bootstrap token's text, then the stored ones), the
 * JWT that Cloudflare Access adds, and for a request with neither, local mode. Never throws for what a request brings.
 */
import { assertNever } from "../protocol/assert-never.ts";
import type { AccessJwt } from "./access-jwt.ts";
import type { AccessSettings } from "./access-settings.ts";
import type { Authentication } from "./authentication.ts";
import { DEFAULT_NAMESPACE } from "./caller.ts";
import type { KnownTokens } from "./known-tokens.ts";
import { admitLocally } from "./local-mode.ts";
import { isSameHash, tokenHash } from "./token-text.ts";

export interface AuthenticatorDeps {
  /** `STEPFLOW_BOOTSTRAP_TOKEN`: an admin of `default`. */
  readonly bootstrapToken: string | undefined;
  /** Checks the JWT that Cloudflare Access adds to requests, where it stands before the orchestrator. */
  readonly access: Pick<AccessJwt, "authenticate"> | Exclude<AccessSettings, { kind: "on" }>;
  /** `STEPFLOW_LOCAL=1`. */
  readonly localMode: boolean;
  readonly tokens: Pick<KnownTokens, "recognise" | "isEmpty">;
}

const MIN_BOOTSTRAP_CHARACTERS = 32;
const ACCESS_HEADER = "cf-access-jwt-assertion";
const BEARER = /^bearer(?: +(\S.*))?$/i;
const LOCAL: Authentication = {
  kind: "known",
  caller: { name: "local mode", namespace: DEFAULT_NAMESPACE, scopes: ["admin"] },
};
const BOOTSTRAP: Authentication = {
  kind: "known",
  caller: { name: "bootstrap token", namespace: DEFAULT_NAMESPACE, scopes: ["admin"] },
};
/** The same for every text that is no token of ours, so that it says nothing of how near it was. */
const UNKNOWN = "This access token is not known here.";
const NONE_CONFIGURED =
  "No access tokens are configured. Set the secret STEPFLOW_BOOTSTRAP_TOKEN, or for use on this machine only STEPFLOW_LOCAL=1.";

export class Authenticator {
  readonly #deps: AuthenticatorDeps;
  readonly #bootstrapHash: string | undefined;
  /** What is wrong with the deployment's settings. */
  readonly #fault: string | undefined;

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
    const { bootstrapToken = "", access } = deps;
    this.#bootstrapHash = bootstrapToken === "" ? undefined : tokenHash(bootstrapToken);
    if (bootstrapToken !== "" && bootstrapToken.length < MIN_BOOTSTRAP_CHARACTERS) {
      this.#fault = `STEPFLOW_BOOTSTRAP_TOKEN is too short: at least ${MIN_BOOTSTRAP_CHARACTERS} characters are needed. Nobody is served until it is set again or removed.`;
    } else if ("kind" in access && access.kind === "fault") {
      this.#fault = `${access.reason} Nobody is served until it is put right.`;
    }
  }

  async authenticate(request: Request): Promise<Authentication> {
    if (this.#fault !== undefined) return { kind: "refused", status: "UNAVAILABLE", reason: this.#fault };
    const authorization = request.headers.get("authorization");
    if (authorization !== null) {
      const bearer = BEARER.exec(authorization.trim());
      if (!bearer) return unauthenticated('The Authorization header is not of the form "Bearer <token>".', true);
      if (bearer[1] !== undefined) return this.#ofToken(bearer[1]);
    }
    const { access } = this.#deps;
    const jwt = request.headers.get(ACCESS_HEADER);
    if (jwt !== null && "authenticate" in access) return access.authenticate(jwt);
    return this.#withoutCredentials(request);
  }

  async #ofToken(text: string): Promise<Authentication> {
    if (this.#bootstrapHash !== undefined && isSameHash(tokenHash(text), this.#bootstrapHash)) return BOOTSTRAP;
    const recognised = await this.#deps.tokens.recognise(text);
    switch (recognised.kind) {
      case "valid": {
        const { id, name, namespace, scopes, allowComponents } = recognised.token;
        const restriction = allowComponents ? { allowComponents } : {};
        return { kind: "known", caller: { name: `token ${id} (${name})`, namespace, scopes, ...restriction } };
      }
      case "expired":
        return unauthenticated("This access token has expired.", true);
      case "revoked":
        return unauthenticated("This access token has been revoked.", true);
      case "unknown":
        return (await this.#isOpenToNobody()) && !this.#deps.localMode
          ? { kind: "refused", status: "UNAVAILABLE", reason: NONE_CONFIGURED }
          : unauthenticated(UNKNOWN, true);
      default:
        return assertNever(recognised);
    }
  }

  /** Whoever configures a token for the deployment wants it asked for, in local mode too. */
  async #withoutCredentials(request: Request): Promise<Authentication> {
    if (this.#isTokenConfigured) return missing();
    if (this.#deps.localMode) {
      const admission = admitLocally(request);
      if (admission.kind === "admitted") return LOCAL;
      if (admission.status === "FORBIDDEN" || (await this.#isOpenToNobody())) return admission;
      return missing();
    }
    if (await this.#isOpenToNobody()) return { kind: "refused", status: "UNAVAILABLE", reason: NONE_CONFIGURED };
    return missing();
  }

  async #isOpenToNobody(): Promise<boolean> {
    return !this.#isTokenConfigured && this.#deps.tokens.isEmpty();
  }

  get #isTokenConfigured(): boolean {
    return this.#bootstrapHash !== undefined || "authenticate" in this.#deps.access;
  }
}

function missing(): Authentication {
  return unauthenticated('An access token is needed: send "Authorization: Bearer <token>".', false);
}

function unauthenticated(reason: string, given: boolean): Authentication {
  return { kind: "unauthenticated", given, reason };
}
