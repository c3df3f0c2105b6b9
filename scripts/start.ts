/**
 * `npm start`: the orchestrator and the example worker in `wrangler dev`, on one port, until stopped. Configuration is that of
 * the example flows. Further arguments go to wrangler (`npm start -- --port 9000`).
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { localSecret } from "../src/cli/runtime/local-secret.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const config = readFileSync(`${root}flows/stepflow-config.yml`, "utf8");
mkdirSync(`${root}.wrangler`, { recursive: true });
const secret = await localSecret(`${root}.wrangler`);
const wrangler = spawn(
  process.execPath,
  [
    `${root}node_modules/wrangler/bin/wrangler.js`,
    "dev",
    "--config",
    "wrangler.local.toml",
    "--config",
    "workers/text/wrangler.toml",
    "--var",
    `STEPFLOW_CONFIG:${config}`,
    "--var",
    `STEPFLOW_SECRET:${secret}`,
    "--ip",
    "127.0.0.1",
    ...(process.argv.includes("--port") ? [] : ["--port", "8787"]),
    "--show-interactive-dev-session=false",
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => wrangler.kill(signal));
wrangler.on("exit", (code) => process.exit(code ?? 0));
