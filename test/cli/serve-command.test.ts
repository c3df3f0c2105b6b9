import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { folderWith, startStepflow, stepflow, waitForText } from "../support/stepflow-cli.ts";

const files = {
  "ask.yaml":
    "name: ask\ndescription: Asks.\nsteps:\n- id: a\n  component: /builtin/approval\n  foreach: { $input: $ }\n  input: { $item: $ }\noutput: { $step: a }\n",
  "wait.yaml":
    "name: wait\ndescription: Waits.\nsteps:\n- id: a\n  component: /builtin/wait_for_event\n  input: { name: paid }\noutput: { $step: a }\n",
  "hello.yaml":
    "name: hello\ndescription: Greets.\nsteps:\n- id: a\n  component: /builtin/noop\n  input: { $input: name }\noutput: { $step: a }\n",
  "nap.yaml":
    "name: nap\ndescription: Sleeps.\nsteps:\n- id: a\n  component: /builtin/sleep\n  input: { duration_ms: { $input: ms } }\noutput: { $step: a }\n",
};

/** What these tests take from printed JSON. */
interface Printed {
  readonly runId: string;
  readonly flowId: string;
  readonly type: string;
  readonly origin?: { readonly kind: string; readonly runId: string };
}
const parse = (text: string): Printed => JSON.parse(text);
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGTERM");
});

async function serve(cwd: string): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
  const child = startStepflow(["serve", "--port", "0", "--state", "state"], { cwd });
  running.push(child);
  const [, port] = await waitForText(child.stdout!, /^\{"port":(\d+)\}\n/);
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    return child.exitCode;
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

describe("serve", () => {
  test("submit, runs and flows talk to it; runs survive a restart", async () => {
    const cwd = await folderWith(files);
    const server = await serve(cwd);
    const env = { STEPFLOW_URL: server.url };
    const json = async (...args: string[]) => parse((await stepflow(args, { cwd, env })).stdout);

    const submitted = await stepflow(["submit", "hello.yaml", "--input-json", '{"name": "Ada"}', "--url", server.url], {
      cwd,
    });
    expect(submitted).toMatchObject({ code: 0, stdout: '{"outcome":"success","result":"Ada"}\n' });
    const runId = /run_id: (\S+)/.exec(submitted.stderr)?.[1] ?? "";
    expect(await json("runs", "get", runId, "--steps")).toMatchObject({
      flowName: "hello",
      outcome: "success",
      results: [{ result: { outcome: "success", result: "Ada" } }],
      steps: [{ stepId: "a", status: "completed" }],
    });
    const events = (await stepflow(["runs", "events", runId], { cwd, env })).stdout
      .trim()
      .split("\n")
      .map((line) => parse(line).type);
    expect(events.at(0)).toBe("run_created");
    expect(events.at(-1)).toBe("run_completed");

    const stored = await json("flows", "put", "hello.yaml");
    expect(await json("flows", "get", stored.flowId)).toMatchObject({ name: "hello", steps: [{ id: "a" }] });

    const [cancelled, kept] = await Promise.all([
      json("submit", "nap.yaml", "--input-json", '{"ms": 600000}', "--detach"),
      json("submit", "nap.yaml", "--input-json", '{"ms": 1500}', "--detach"),
    ]);
    expect(await json("runs", "pause", cancelled.runId)).toMatchObject({ status: "paused" });
    expect(await json("runs", "resume", cancelled.runId)).toMatchObject({ status: "running" });
    expect(await json("runs", "cancel", cancelled.runId)).toMatchObject({ status: "cancelled" });
    const fork = await stepflow(["runs", "fork", runId, "--input-json", '{"name":"Bea"}', "--wait"], { cwd, env });
    expect([fork.code, parse(fork.stdout).origin]).toEqual([0, { kind: "fork", runId }]);
    const rerun = await stepflow(["runs", "rerun", runId, "--from", "a", "--wait"], { cwd, env });
    expect([rerun.code, parse(rerun.stdout).origin?.kind]).toEqual([0, "rerun"]);
    const unnamed = await stepflow(["runs", "cancel"], { cwd, env });
    expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining("no run is given")]);
    const bulk = await stepflow(["runs", "cancel", "--flow-name", "no-such-flow", "--dry-run"], { cwd, env });
    expect([bulk.code, bulk.stderr]).toEqual([0, expect.stringContaining("0 would be done, 0 skipped, 0 failed")]);

    const waiting = await json("submit", "wait.yaml", "--detach");
    expect(await json("runs", "waits", waiting.runId)).toMatchObject([{ kind: "signal", name: "paid", stepId: "a" }]);
    const unread = await stepflow(["runs", "signal", waiting.runId, "paid", "--payload-json", "{"], { cwd, env });
    expect([unread.code, unread.stderr]).toEqual([2, expect.stringContaining("--payload-json: not valid JSON")]);
    const pay = ["runs", "signal", waiting.runId, "paid", "--payload-json", '{"amount": 12}', "--id", "p-1"];
    expect(await json(...pay)).toEqual({ accepted: true });
    expect(await json(...pay)).toEqual({ accepted: true, duplicate: true });
    expect(await json("runs", "get", waiting.runId, "--wait")).toMatchObject({
      results: [{ result: { outcome: "success", result: { amount: 12 } } }],
    });

    const asked = JSON.stringify([{ title: "x" }, { title: "y", approvers: ["ada", "bob"] }]);
    const asking = await json("submit", "ask.yaml", "--input-json", asked, "--detach");
    const decide = (...args: string[]) => stepflow(["runs", ...args], { cwd, env });
    const unclear = await decide("approve", asking.runId);
    expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining("--step a --item 0 --element 1")]);
    const nobody = await decide("approve", asking.runId, "--element", "1");
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("--as ada, --as bob")]);
    const reject = ["reject", asking.runId, "--element", "1", "--as", "bob", "--comment", "no"];
    expect((await decide(...reject)).stdout).toContain('"accepted": true');
    const approve = await decide("approve", asking.runId, "--step", "a", "--as", "Ada");
    expect(approve.stdout).toContain('"repeated": false');
    expect(await json("runs", "get", asking.runId, "--wait")).toMatchObject({
      results: [
        {
          result: {
            result: [
              { approved: true, by: "Ada" },
              { approved: false, by: "bob", comment: "no" },
            ],
          },
        },
      ],
    });
    const over = await decide("approve", asking.runId);
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining("asks for no such approval now")]);

    expect(await server.stop()).toBe(0);
    const refused = await stepflow(["runs", "list"], { cwd, env });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no orchestrator answers at .*\nhint: start one with: stepflow serve/),
    });

    const again = await serve(cwd);
    const ended = await stepflow(["runs", "get", kept.runId, "--wait", "--url", again.url], { cwd });
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: "completed", outcome: "success" });
    expect(await again.stop()).toBe(0);
  });

  test("a port that is taken is said", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const refused = await stepflow(["serve", "--port", String(port)], { cwd: await folderWith(files) });
    other.close();
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is taken`),
    });
  });
});
