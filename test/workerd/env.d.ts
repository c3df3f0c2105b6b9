import type { Env } from "../../src/index.ts";

declare global {
  namespace Cloudflare {
    interface Env extends TestEnv {}
  }
}

interface TestEnv extends Omit<Env, "RUNS" | "DISPATCHERS"> {
  readonly RUNS: DurableObjectNamespace;
  readonly DISPATCHERS: DurableObjectNamespace;
  /** test/support/echo-worker.mjs */
  readonly ECHO: Fetcher;
}
