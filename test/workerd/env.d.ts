import type { Env } from "../../src/index.ts";

declare global {
  namespace Cloudflare {
    interface Env extends TestEnv {}
  }
}

interface TestEnv extends Omit<Env, "RUNS" | "DISPATCHERS" | "CACHE" | "TRIGGERS" | "SCHEDULES"> {
  readonly RUNS: DurableObjectNamespace;
  readonly DISPATCHERS: DurableObjectNamespace;
  readonly CACHE: DurableObjectNamespace;
  readonly TRIGGERS: DurableObjectNamespace;
  readonly SCHEDULES: DurableObjectNamespace;
  /** test/support/echo-worker.mjs */
  readonly ECHO: Fetcher;
}
