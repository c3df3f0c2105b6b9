import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** A worker behind a service binding at `/w`; transport retries at once. */
const WORKERD_CONFIG = `
plugins:
  builtin: { type: builtin }
  echo: { type: service, binding: ECHO }
routes:
  /builtin: [{ plugin: builtin }]
  /w: [{ plugin: echo }]
retry: { transportMaxRetries: 1, backoff: { type: constant, delayMs: 1 } }
`;

/** `node`: the core, the CLI and everything that drives real processes. `workerd`: what runs inside the platform's runtime. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line-reporter.ts"],
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/workerd/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { STEPFLOW_LOCAL: "1", STEPFLOW_SECRET: "of these tests", STEPFLOW_CONFIG: WORKERD_CONFIG },
              serviceBindings: { ECHO: "echo" },
              workers: [
                {
                  name: "echo",
                  modules: true,
                  scriptPath: "test/support/echo-worker.mjs",
                  compatibilityDate: "2026-10-23",
                },
              ],
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          // Only a hang is to fail: the machines of CI are slow at times.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
