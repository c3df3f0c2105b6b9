import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { folderWith, startStepflow, stepflow, waitForText } from "../support/stepflow-cli.ts";

const flow = (steps: string, output: string) => `name: test\ndescription: A test.\nsteps:\n${steps}output: ${output}\n`;
const step = (id: string, component: string, input: string) =>
  `- id: ${id}\n  component: ${component}\n  input: ${input}\n`;
const lines = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

let cwd = "";
beforeAll(async () => {
  cwd = await folderWith({
    "echo.yaml": flow(step("a", "/builtin/noop", "{ $input: name }"), "{ $step: a }"),
    "variables.yaml": `name: v\nschemas: { type: object, properties: { variables: { type: object, properties: { key: { type: string, env_var: MY_KEY } } } } }\n${flow(
      step("a", "/builtin/noop", "{ key: { $variable: key }, size: 1 }"),
      "{ $step: a }",
    ).replace("name: test\n", "")}`,
    "skipped.yaml": flow(`${step("a", "/builtin/noop", "1")}  skip: true\n`, "{ $step: a }"),
    "files.yaml": flow(
      step("named", "/builtin/load_file", "{ path: data/named.json }") +
        step("computed", "/builtin/load_file", "{ path: { $input: path } }") +
        "  onError: { action: useDefault, defaultValue: { data: unreadable } }\n",
      "{ named: { $step: named, path: data }, computed: { $step: computed, path: data } }",
    ),
    "sleep.yaml": flow(step("nap", "/builtin/sleep", "{ duration_ms: 600000 }"), "{ $step: nap }"),
    "data/named.json": '{"n": 1}',
    "data/other.json": '{"o": 2}',
    ".secret.json": '"hidden"',
    "inputs.jsonl": '{"name": "one"}\n{"nobody": 1}\n{"name": [3]}\n',
  });
});

describe("run", () => {
  test("result on standard output, all else on standard error, 0 on success", async () => {
    const { code, stdout, stderr } = await stepflow(["run", "echo.yaml"], { cwd, stdin: '{"name": "Ada"}' });
    expect(stdout).toBe('{"outcome":"success","result":"Ada"}\n');
    expect(stderr).toMatch(/^run_id: [0-9a-f-]{36} .*\nsuccess in \d+/);
    expect(code).toBe(0);
  });

  test("a batch into a file: a result per line in order, 1 because one failed; progress when it is asked for", async () => {
    const { code, stdout, stderr } = await stepflow(
      ["run", "--flow", "echo.yaml", "--inputs", "inputs.jsonl", "-o", "out.jsonl", "--progress"],
      { cwd },
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(lines(await readFile(join(cwd, "out.jsonl"), "utf8"))).toEqual([
      { outcome: "success", result: "one" },
      { outcome: "failed", error: expect.objectContaining({ code: "EXPRESSION_FAILURE" }) },
      { outcome: "success", result: [3] },
    ]);
    expect(stderr).toMatch(/^\S+Z item 0 step a success$/m);
    expect(stderr).toContain("item 1: EXPRESSION_FAILURE");
  });

  test("a skipped flow ends with 1", async () => {
    const { code, stdout } = await stepflow(["run", "skipped.yaml"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '{"outcome":"skipped"}\n' });
  });

  test("variables from the environment, overrides", async () => {
    const overrides = JSON.stringify({ steps: { a: { value: { input: { size: 2 } } } } });
    const { stdout } = await stepflow(["run", "variables.yaml", "--env-variables", "--overrides-json", overrides], {
      cwd,
      env: { MY_KEY: "k" },
    });
    expect(lines(stdout)).toEqual([{ outcome: "success", result: { key: "k", size: 2 } }]);
  });

  test("load_file reads the flow's folder, and neither hidden files nor what lies outside", async () => {
    const outside = await folderWith({ "far.json": '"far"' });
    const inputs = ["data/other.json", ".secret.json", join(outside, "far.json"), "../../../etc/hostname", "near.json"];
    const file = await folderWith({ "paths.jsonl": inputs.map((path) => JSON.stringify({ path })).join("\n") });
    const run = (...flags: string[]) =>
      stepflow(["run", "files.yaml", "--inputs", join(file, "paths.jsonl"), ...flags], { cwd });
    const computed = (stdout: string) =>
      lines(stdout).map((result) => (result as { result: { named: unknown; computed: unknown } }).result.computed);
    const [plain, extra] = await Promise.all([
      run(),
      run("--file", join(outside, "far.json"), "--file", `near.json=${join(outside, "far.json")}`),
    ]);
    expect(computed(plain.stdout)).toEqual([{ o: 2 }, "unreadable", "unreadable", "unreadable", "unreadable"]);
    expect(computed(extra.stdout)).toEqual([{ o: 2 }, "unreadable", "far", "unreadable", "far"]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s ends it with its runtime", async (signal) => {
    const child = startStepflow(["run", "sleep.yaml"], { cwd });
    await waitForText(child.stderr!, /run_id: /);
    const runtimes = await childrenOf(child.pid!);
    expect(runtimes).not.toEqual([]);
    child.kill(signal);
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(signal === "SIGINT" ? 130 : 143);
    await expect.poll(() => living(runtimes), { timeout: 5000 }).toEqual([]);
  });
});

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** Processes that run; those that have ended and only wait to be noticed do not count. */
async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,stat="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return state === undefined || state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent) }];
  });
}

async function childrenOf(pid: number): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === pid).map((child) => child.pid);
}

async function living(pids: readonly number[]): Promise<number[]> {
  return (await processes()).map(({ pid }) => pid).filter((pid) => pids.includes(pid));
}

test("a component that no route leads to is named with the reason on stderr, 1", async () => {
  const folder = await folderWith({ "lost.yaml": flow(step("b", "/nowhere/x", "1"), "{ $step: b }") });
  const { code, stderr } = await stepflow(["run", "lost.yaml", "--input-json", "{}"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain("ORCHESTRATOR_ERROR: error routing component\n    no route matches component '/nowhere/x'");
});
