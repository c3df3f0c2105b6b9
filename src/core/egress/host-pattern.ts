/** One entry of `egress.allowHosts`, hosts in the URL parser's normal form. */
export interface HostPattern {
  /** `exact`: this host; `below`: every name below it, not itself. */
  readonly kind: "exact" | "below";
  readonly host: string;
  /** Absent: the ports that the policy allows everywhere. */
  readonly port?: number;
}

/** Reads `api.example.com`, `*.example.com`, either with `:port`; `undefined` for anything else. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const [, wildcard, rest = ""] = /^(\*\.)?([^*/\\@?#\s]+)$/.exec(text) ?? [];
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  const written = /:(\d+)$/.exec(rest.replace(/^\[[^\]]*\]/, ""))?.[1];
  if (!url || url.hostname === "" || (rest.includes(":") && !rest.startsWith("[") && written === undefined))
    return undefined;
  const host = normalHost(url.hostname);
  if (host === "" || (wildcard !== undefined && isIpLiteral(host))) return undefined;
  return {
    kind: wildcard === undefined ? "exact" : "below",
    host,
    ...(written !== undefined && { port: Number(written) }),
  };
}

export function formatHostPattern({ kind, host, port }: HostPattern): string {
  return `${kind === "below" ? "*." : ""}${host}${port === undefined ? "" : `:${port}`}`;
}

export function matchesHost(pattern: HostPattern, host: string): boolean {
  return pattern.kind === "exact" ? pattern.host === host : host.endsWith(`.${pattern.host}`);
}

/** Of a host that the URL parser gave: lower case, percent and IDN forms undone by it; here without the root's dot. */
export function normalHost(hostname: string): string {
  return hostname.replace(/\.+$/, "");
}

/** The URL parser gives every notation of IPv4 as four decimal numbers, and IPv6 in brackets. */
export function isIpLiteral(host: string): boolean {
  return host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
