import { SCOPES, type Scope } from "../protocol/scope.ts";

/** Whether callers may come with a JWT of Cloudflare Access. */
export type AccessSettings =
  | { readonly kind: "off" }
  | { readonly kind: "fault"; readonly reason: string }
  | {
      readonly kind: "on";
      /** What `iss` says, without a slash at its end. */
      readonly issuer: string;
      readonly audience: string;
      readonly scopes: readonly Scope[];
    };

interface AccessBindings {
  readonly ACCESS_TEAM_DOMAIN?: string;
  readonly ACCESS_AUD?: string;
  readonly ACCESS_SCOPES?: string;
}

/** Reads the bindings of a deployment: the team's domain, the application's audience tag, and scopes between commas or spaces. */
export function readAccessSettings(bindings: AccessBindings): AccessSettings {
  const { ACCESS_TEAM_DOMAIN: domain = "", ACCESS_AUD: audience = "", ACCESS_SCOPES = "" } = bindings;
  if (domain === "" && audience === "") return { kind: "off" };
  if (domain === "" || audience === "")
    return fault(
      "ACCESS_TEAM_DOMAIN and ACCESS_AUD are set only together: the team's domain, and the application's audience tag.",
    );
  const issuer = issuerOf(domain);
  if (issuer === undefined) return fault(`ACCESS_TEAM_DOMAIN is no domain such as example.cloudflareaccess.com.`);
  const names = ACCESS_SCOPES.split(/[\s,]+/).filter((name) => name !== "");
  const unknown = names.find((name) => !SCOPES.some((scope) => scope === name));
  if (unknown !== undefined)
    return fault(`ACCESS_SCOPES has "${unknown}", which is no scope. Known: ${SCOPES.join(", ")}.`);
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  return { kind: "on", issuer, audience, scopes: scopes.length > 0 ? scopes : ["runs:read"] };
}

/** Keys that come over the open network without encryption prove nothing: plain http only on this machine. */
function issuerOf(domain: string): string | undefined {
  const text = domain.includes("://") ? domain : `https://${domain}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && url.hostname === "127.0.0.1");
  return url && isSafe && url.pathname === "/" && url.search === "" ? url.origin : undefined;
}

function fault(reason: string): AccessSettings {
  return { kind: "fault", reason };
}
