import type { WorkerFetch } from "./http-jsonrpc/worker-connection.ts";

/** A service binding, as far as dispatch uses it. */
export interface ServiceBinding {
  fetch(request: Request): Promise<Response>;
}

/** The URL that a worker behind a service binding sees; its host leads nowhere. */
export const SERVICE_URL = "http://worker.internal/";

/** Reaches a worker through a service binding instead of the network. */
export function serviceFetch(binding: ServiceBinding): WorkerFetch {
  return (request) => binding.fetch(request);
}

export function isServiceBinding(candidate: unknown): candidate is ServiceBinding {
  return (
    typeof candidate === "object" && candidate !== null && "fetch" in candidate && typeof candidate.fetch === "function"
  );
}
