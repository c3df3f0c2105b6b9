/** Schedules on the command line, with real alarms: the server is stopped and started while one ticks. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { readConfig } from "../../src/cli/config/load-config.ts";
import { startLocalOrchestrator } from "../../src/cli/runtime/local-orchestrator.ts";
import { folderWith, startStepflow, stepflow, waitForText } from "../support/stepflow-cli.ts";

const files = {
  "tick.yaml":
    "type: schedule\nevery: 1s\noverlap: allow\nflow:\n  steps:\n  - id: a\n    component: /builtin/noop\n    input: { $input: scheduledAt }\n  output: { $step: a }\n",
  "wrong.yaml": "type: schedule\nflowName: x\ncron: 0 25 * * *\n",
};
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGTERM");
});

async function serve(cwd: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = startStepflow(["serve", "--port", "0", "--state", "state"], { cwd });
  running.push(child);
  const [, port] = await waitForText(child.stdout!, /^\{"port":(\d+)\}\n/);
  return { url: `http://127.0.0.1:${port}`, child };
}

interface Firing {
  readonly id: string;
  readonly state: string;
  readonly runId?: string;
}

test("TRIG-55, TRIG-59, TRIG-61, TRIG-62: fires while the server is up, makes up for its absence, each time once", async () => {
  const cwd = await folderWith(files);
  const first = await serve(cwd);
  const at =
    (url: string) =>
    async (...args: string[]) => {
      const { code, stdout, stderr } = await stepflow(["triggers", ...args], { cwd, env: { STEPFLOW_URL: url } });
      return { code, stderr, body: stdout === "" ? undefined : JSON.parse(stdout) };
    };
  const wrong = await at(first.url)("put", "wrong", "wrong.yaml");
  expect([wrong.code, wrong.stderr]).toEqual([expect.any(Number), expect.stringContaining("hour: 25")]);
  expect(wrong.code).not.toBe(0);
  expect((await at(first.url)("put", "tick", "tick.yaml")).body).toMatchObject({ name: "tick", every: "1s" });
  const started = async (url: string): Promise<readonly Firing[]> =>
    (await at(url)("firings", "tick", "--limit", "1000")).body.firings.filter(
      ({ id, state }: Firing) => state === "started" && !id.startsWith("request/"),
    );
  await expect.poll(async () => (await started(first.url)).length, { timeout: 30_000 }).toBeGreaterThan(1);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const second = await serve(cwd);
  const back = Date.now();
  const latest = async () => Date.parse((await started(second.url))[0]?.id ?? "");
  await expect.poll(latest, { timeout: 30_000 }).toBeGreaterThan(back);
  const call = at(second.url);
  expect((await call("pause", "tick")).body).toMatchObject({ paused: true, nextFireTimes: [] });
  await expect.poll(async () => (await call("get", "tick")).body.lastFirings[0].state).toBe("started");
  const times = (await started(second.url)).map(({ id }) => Date.parse(id)).toReversed();
  const [from = 0] = times;
  expect(times).toEqual(times.map((_, index) => from + index * 1000));
  const runs = (await started(second.url)).map(({ runId }) => runId);
  expect(new Set(runs).size).toBe(runs.length);

  const fired = await call("fire", "tick", "--key", "by hand");
  expect(fired.body).toMatchObject({ id: "request/by hand", state: "started" });
  const iso = (time: number) => new Date(time).toISOString();
  const range = ["--from", iso(from - 1000), "--to", iso(from + 1000), "--overlap", "allow"];
  expect((await call("backfill", "tick", ...range)).body).toEqual({
    queued: [iso(from - 1000)],
    known: [iso(from)],
  });
  expect((await call("resume", "tick")).body.paused).toBe(false);
  expect((await call("get", "tick", "--next", "2")).body.nextFireTimes).toHaveLength(2);
  expect((await call("delete", "tick")).body).toEqual({ name: "tick", deleted: true });
}, 120_000);

test("TRIG-64: triggers of the configuration act where they are served, not beside a run", async () => {
  const cwd = await folderWith({});
  const trigger = "{ type: schedule, cron: 0 0 1 1 *, flowName: x }";
  const text = `plugins: { builtin: { type: builtin } }\ntriggers: { yearly: ${trigger} }\n`;
  for (const [triggers, names] of [
    [true, ["yearly"]],
    [false, []],
  ] as const) {
    const local = await startLocalOrchestrator(readConfig({ name: "config", text }, cwd), { triggers });
    try {
      expect((await local.client.triggers({})).triggers.map(({ name }) => name)).toEqual(names);
    } finally {
      await local.release();
    }
  }
});
