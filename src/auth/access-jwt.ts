import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import type { AccessSettings } from "./access-settings.ts";
import type { Authentication } from "./authentication.ts";
import { DEFAULT_NAMESPACE } from "./caller.ts";

/** Faults of the keys' server, as jose names them; its other errors are faults of the token. */
const KEYS_CANNOT_BE_HAD: ReadonlySet<string> = new Set(["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"]);

/** Checks JWTs of Cloudflare Access against the keys of the team, which it keeps for ten minutes. */
export class AccessJwt {
  readonly #settings: Extract<AccessSettings, { kind: "on" }>;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #now: () => number;

  constructor(settings: Extract<AccessSettings, { kind: "on" }>, now: () => number) {
    this.#settings = settings;
    this.#keys = createRemoteJWKSet(new URL(`${settings.issuer}/cdn-cgi/access/certs`));
    this.#now = now;
  }

  /** That a token has expired is told only where its signature is good. */
  async authenticate(jwt: string): Promise<Authentication> {
    const { issuer, audience, scopes } = this.#settings;
    try {
      const { payload } = await jwtVerify(jwt, this.#keys, {
        issuer,
        audience,
        algorithms: ["RS256", "ES256"],
        requiredClaims: ["exp"],
        currentDate: new Date(this.#now()),
      });
      return { kind: "known", caller: { name: `Access: ${whoIs(payload)}`, namespace: DEFAULT_NAMESPACE, scopes } };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return bad("The Cloudflare Access token of this request has expired.");
      if (error instanceof errors.JOSEError && !KEYS_CANNOT_BE_HAD.has(error.code))
        return bad("The Cloudflare Access token of this request is not valid here.");
      const reason = error instanceof Error ? error.message : String(error);
      return {
        kind: "refused",
        status: "UNAVAILABLE",
        reason: `The keys of Cloudflare Access cannot be had at the moment: ${reason}. Try again.`,
      };
    }
  }
}

/** People have an address, service tokens a name. */
function whoIs({ email, common_name: name, sub }: JWTPayload): string {
  const known = [email, name, sub].find((text) => typeof text === "string" && text !== "");
  return typeof known === "string" ? known : "nobody by name";
}

function bad(reason: string): Authentication {
  return { kind: "unauthenticated", given: true, reason };
}
