/** Whether a request without a token may come in. A refusal says why, for the one who runs the orchestrator. */
export type Admission =
  | { readonly kind: "admitted" }
  | { readonly kind: "refused"; readonly status: "UNAVAILABLE" | "FORBIDDEN"; readonly reason: string };

/**
 * The rule of local mode (`STEPFLOW_LOCAL=1`): requests to a loopback address need no token. A page of another site that a browser
 * on this machine shows is refused by its `Origin`; a name that was re-pointed to this machine, by its host.
 */
export function admitLocally(request: Request): Admission {
  const host = new URL(request.url).hostname;
  if (!isLoopback(host)) {
    return refuse(
      "UNAVAILABLE",
      `Without access tokens only loopback addresses are served, and "${host}" is not one. Use http://127.0.0.1.`,
    );
  }
  const origin = request.headers.get("origin");
  if (origin !== null && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
    return refuse("FORBIDDEN", `Without access tokens pages of ${origin} may not call the API.`);
  }
  return { kind: "admitted" };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function refuse(status: "UNAVAILABLE" | "FORBIDDEN", reason: string): Admission {
  return { kind: "refused", status, reason };
}
