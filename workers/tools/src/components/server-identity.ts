let identity: { readonly id: string; readonly since: number } | undefined;

/** Made at the first request: a Cloudflare Worker has neither clock nor randomness before it. */
function thisServer() {
  identity ??= { id: `server-${crypto.randomUUID().slice(0, 8)}`, since: Date.now() };
  return identity;
}

/** Names this process or isolate. */
export function serverId(): string {
  return thisServer().id;
}

export function uptimeSeconds(): number {
  return Math.floor((Date.now() - thisServer().since) / 1_000);
}
