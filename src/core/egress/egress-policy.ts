/**
 * Where requests of flows, configurations and workers may go (SPEC, NET). Pure: judges the text of a URL; what a name resolves to
 * is for the network's own limits.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import { classifyHost } from "./host-class.ts";
import { formatHostPattern, type HostPattern, matchesHost, normalHost } from "./host-pattern.ts";

/** As configured under `egress`; what is absent counts as told at `egressPolicy`. */
export interface EgressConfig {
  /** Absent: any public name. An exact entry permits its host wherever it is. */
  readonly allowHosts?: readonly HostPattern[];
  /** Addresses instead of names, and names of private networks. */
  readonly allowPrivate?: boolean;
  readonly allowHttp?: boolean;
  /** Besides those of `allowHosts`. */
  readonly allowPorts?: readonly number[];
}

export interface EgressPolicy {
  readonly allowHosts?: readonly HostPattern[];
  readonly allowPrivate: boolean;
  readonly allowHttp: boolean;
  readonly allowPorts: readonly number[] | "any";
}

/** What a refusal is told by, in logs and in the data of a failed step. */
export type EgressRule =
  | "url"
  | "scheme"
  | "credentials"
  | "metadata"
  | "allow_hosts"
  | "private_host"
  | "ip_address"
  | "port";
export type EgressVerdict =
  | { readonly kind: "allowed" }
  /** `reason`: what is wrong and which setting allows it; says of the URL no more than scheme, host and port. */
  | { readonly kind: "refused"; readonly rule: EgressRule; readonly reason: string };

/** `local`: on the developer's machine, where private hosts, plain http and any port are let through unless the configuration says otherwise. */
export function egressPolicy(config: EgressConfig = {}, local = false): EgressPolicy {
  return {
    ...(config.allowHosts && { allowHosts: config.allowHosts }),
    allowPrivate: config.allowPrivate ?? local,
    allowHttp: config.allowHttp ?? local,
    allowPorts: config.allowPorts ?? (local ? "any" : [80, 443]),
  };
}

export function checkEgress(text: string, policy: EgressPolicy): EgressVerdict {
  if (!URL.canParse(text)) return refused("url", "this is not an absolute URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return refused("scheme", `the scheme '${url.protocol.slice(0, -1)}' is not called: write https`);
  if (url.username !== "" || url.password !== "")
    return refused("credentials", `the URL of '${url.host}' has credentials in it: send them as a header`);
  if (url.protocol === "http:" && !policy.allowHttp)
    return refused("scheme", `'${url.host}' is reached by plain http: write https, or set egress.allowHttp`);
  const host = normalHost(url.hostname);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const entries = policy.allowHosts?.filter((pattern) => matchesHost(pattern, host));
  const byPort = entries?.filter((pattern) => pattern.port === undefined || pattern.port === port);
  const place = checkHost(host, policy, byPort ?? []);
  if (place.kind === "refused") return place;
  if (entries && byPort?.length === 0) return notListed(host, port, entries);
  const isPortListed = byPort?.some((pattern) => pattern.port !== undefined) ?? false;
  const isPortAllowed = policy.allowPorts === "any" || policy.allowPorts.includes(port) || isPortListed;
  return isPortAllowed
    ? { kind: "allowed" }
    : refused("port", `port ${port} of '${host}' is not among those allowed: see egress.allowPorts`);
}

function checkHost(host: string, policy: EgressPolicy, entries: readonly HostPattern[]): EgressVerdict {
  if (entries.some(({ kind }) => kind === "exact")) return { kind: "allowed" };
  const found = classifyHost(host);
  switch (found) {
    case "public_name":
      return { kind: "allowed" };
    case "metadata":
      return refused("metadata", `'${host}' is where machines of a cloud are asked about themselves`);
    case "private":
      return policy.allowPrivate
        ? { kind: "allowed" }
        : refused(
            "private_host",
            `'${host}' is a name or an address of a private network: see egress.allowHosts and egress.allowPrivate`,
          );
    case "public_address":
      return policy.allowPrivate
        ? { kind: "allowed" }
        : refused("ip_address", `'${host}' is an address and no name: write the name, or list it in egress.allowHosts`);
    default:
      return assertNever(found);
  }
}

function notListed(host: string, port: number, sameHost: readonly HostPattern[]): EgressVerdict {
  if (sameHost.length === 0) return refused("allow_hosts", `'${host}' is not listed in egress.allowHosts`);
  const known = sameHost.map(formatHostPattern).join(", ");
  return refused("allow_hosts", `port ${port} of '${host}' is not listed in egress.allowHosts, which has ${known}`);
}

function refused(rule: EgressRule, reason: string): EgressVerdict {
  return { kind: "refused", rule, reason };
}
