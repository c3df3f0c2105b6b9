import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../src/cli/runtime/free-port.ts";
import { folderWith, stepflow, waitForText } from "../support/stepflow-cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let server: ChildProcess;
let url = "";

beforeAll(async () => {
  const scripts: Record<string, string> = JSON.parse(readFileSync(`${root}package.json`, "utf8")).scripts;
  expect(scripts["start"]).toBe("node scripts/start.ts");
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const args = [
    "--port",
    String(port),
    "--inspector-port",
    String(await freePort()),
    "--persist-to",
    await folderWith({}),
  ];
  server = spawn(process.execPath, [`${root}scripts/start.ts`, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (!server.stdout) throw new Error("no standard output");
  await waitForText(server.stdout, /Ready on/);
}, 90_000);

afterAll(async () => {
  server.kill("SIGTERM");
  await once(server, "exit");
});

it("`npm start` serves the orchestrator and the example worker on one port", async () => {
  const input = `${root}flows/inputs/triage.outage.json`;
  const result = await stepflow(["submit", `${root}flows/triage.yaml`, "--input", input, "--url", url]);
  expect(result.code).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({ outcome: "success", result: { label: "outage" } });
  expect((await fetch(`${url}/docs`)).status).toBe(200);
});
