import type { Env } from "../../src/index.ts";

declare global {
  namespace Cloudflare {
    interface Env extends TestEnv {}
  }
}

interface TestEnv extends Omit<Env, "RUNS" | "DISPATCHERS" | "CACHE"> {
  readonly RUNS: DurableObjectNamespace;
  readonly DISPATCHERS: DurableObjectNamespace;
  readonly CACHE: DurableObjectNamespace;
  /** test/support/echo-worker.mjs */
  readonly ECHO: Fetcher;
}
