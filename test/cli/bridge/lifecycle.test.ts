import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { EVERYTHING_SERVER } from "../../support/everything-server.ts";
import { folderWith, startStepflow, stepflow, waitForText } from "../../support/stepflow-cli.ts";
import { type Bridged, bridged, isAlive, outputOf, SLASHES_WORKER } from "./bridged.ts";

/** Says its pid, and what became of being asked to end: nothing. Starts a child that outlives it, if it is let. */
const STUBBORN = `
  const { spawn } = require("node:child_process");
  process.on("SIGTERM", () => {});
  const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]);
  setInterval(() => {}, 1000);
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method } = JSON.parse(line);
    if (method === "initialize") console.log(JSON.stringify({ id, result: {} }));
    else if (method === "component_execute") console.log(JSON.stringify({ id, result: { output: [process.pid, child.pid] } }));
    else if (id !== undefined) console.log(JSON.stringify({ id, error: { code: -32601, message: "no" } }));
  });`;

let open: Bridged | undefined;
afterEach(() => open?.bridges.release());

test("a program that ignores SIGTERM, and what it started, are gone when the bridges are released", async () => {
  open = await bridged({ type: "stdio", command: process.execPath, args: ["-e", STUBBORN] });
  const pids = outputOf(await open.call("pids", {})) as number[];
  expect(pids.map(isAlive)).toEqual([true, true]);
  await open.bridges.release();
  // Who is killed is gone when somebody has looked after it, which is not ours to do for a grandchild.
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
});

test("nobody without the secret in its URL reaches a bridge", async () => {
  open = await bridged({ type: "stdio", command: process.execPath, args: [SLASHES_WORKER] });
  const [plugin] = open.bridges.config.plugins;
  const url = plugin?.kind === "http" ? plugin.url : "";
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
  expect(new URL(url).hostname).toBe("127.0.0.1");
  expect((await fetch(url, { method: "POST", body })).status).toBe(200);
  expect((await fetch(new URL("/p", url), { method: "POST", body })).status).toBe(404);
  expect((await fetch(url, { method: "POST", body: "no JSON" })).status).toBe(400);
});

const CONFIG = {
  plugins: {
    builtin: { type: "builtin" },
    every: { type: "mcp", result: "structured", command: process.execPath, args: [EVERYTHING_SERVER] },
    js: {
      type: "stepflow",
      transport: "stdio",
      command: process.execPath,
      args: [SLASHES_WORKER],
      working_directory: ".",
    },
  },
  routes: {
    "/builtin": [{ plugin: "builtin" }],
    "/every/{*component}": [{ plugin: "every" }],
    "/js/{component}": [{ plugin: "js" }],
  },
};
const INNER_FLOW = {
  steps: [{ id: "d", component: "/js/double", input: { n: { $input: "n" } } }],
  output: { $step: "d", path: "doubled" },
};
const FLOW = {
  name: "bridges",
  steps: [
    { id: "echo", component: "/every/echo", input: { message: { $input: "text" } } },
    { id: "keep", component: "/js/keep", input: { said: { $step: "echo", path: "$[0].text" } } },
    { id: "stored", component: "/builtin/get_blob", input: { blob_id: { $step: "keep", path: "blob_id" } } },
    { id: "weather", component: "/every/get-structured-content", input: { location: "Chicago" } },
    { id: "flow", component: "/builtin/put_blob", input: { data: { $literal: INNER_FLOW } } },
    { id: "inner", component: "/js/evaluate", input: { flow_id: { $step: "flow", path: "blob_id" }, input: { n: 4 } } },
    { id: "place", component: "/js/environment", input: {} },
  ],
  output: {
    weather: { $step: "weather", path: "conditions" },
    stored: { $step: "stored" },
    inner: { $step: "inner" },
    place: { $step: "place", path: "directory" },
  },
};
const files = (config: JsonObject, flow: JsonObject) => ({
  "stepflow-config.yml": JSON.stringify(config),
  "flow.json": JSON.stringify(flow),
});

test("stepflow run: a flow over an MCP tool and a stdio worker that keeps blobs and runs a flow", async () => {
  const cwd = await folderWith(files(CONFIG, FLOW));
  const { code, stdout, stderr } = await stepflow(["run", "flow.json", "--input-json", '{"text":"hi"}'], { cwd });
  expect(code, stderr).toBe(0);
  const { result } = JSON.parse(stdout);
  expect(result).toMatchObject({ stored: { data: { said: "Echo: hi" } }, weather: "Light rain / drizzle" });
  expect(result.inner).toEqual({ result: { outcome: "success", result: 8 } });
  expect(cwd.endsWith(result.place) || result.place.endsWith(cwd)).toBe(true);
});

test("stepflow list-components: a program that is not there is named, the others are listed", async () => {
  const broken = { type: "stdio", command: "no-such-program" };
  const cwd = await folderWith(files({ plugins: { ...CONFIG.plugins, broken } }, FLOW));
  const { code, stdout } = await stepflow(["list-components", "--format", "json"], { cwd });
  expect(code).toBe(0);
  const { components, failedPlugins } = JSON.parse(stdout);
  expect(components.map(({ path }: { path: string }) => path)).toEqual(
    expect.arrayContaining(["/every/echo", "/js/double"]),
  );
  expect(failedPlugins).toMatchObject([{ plugin: "broken", error: expect.stringContaining("no-such-program") }]);
});

test("stepflow run: a program that is not there is refused with what to do", async () => {
  const cwd = await folderWith(files({ plugins: { p: { type: "stdio", command: "no-such-program" } } }, FLOW));
  const { code, stderr } = await stepflow(["run", "flow.json", "--input-json", "{}"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/plugin "p" starts the program "no-such-program", which is not there[^]*give its full path/);
});

test.each(["SIGINT", "SIGTERM"] as const)("stepflow serve: %s ends the programs too", async (signal) => {
  const cwd = await folderWith(
    files(
      {
        plugins: {
          p: {
            type: "stdio",
            command: process.execPath,
            args: ["-e", `console.error("pid " + process.pid + "."); ${STUBBORN}`],
          },
        },
      },
      FLOW,
    ),
  );
  const child = startStepflow(["serve", "--port", "0", "--log-level", "info"], { cwd });
  const [said] = await Promise.all([waitForText(child.stderr!, /pid (\d+)\./), waitForText(child.stdout!, /"port"/)]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const pid = Number(said[1]);
  expect(isAlive(pid)).toBe(true);
  child.kill(signal);
  await ended;
  expect(isAlive(pid)).toBe(false);
});
