import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const INSTALL_MS = 180_000;

/** `npm install` in `bench/`, the first time: packages that only the benchmark needs. Throws with npm's words when it fails. */
export async function installPeers(): Promise<void> {
  const installed = new URL("../node_modules/@restatedev/restate-server/package.json", import.meta.url);
  if (existsSync(installed)) return;
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  console.error("bench: installing the peers of bench/package.json …");
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  await promisify(execFile)("npm", args, { cwd, timeout: INSTALL_MS });
}
