import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { folderWith, stepflow } from "../support/stepflow-cli.ts";

const good = `name: good
description: Says hello.
schemas:
  type: object
  properties:
    input: { type: object }
steps:
- id: hello
  component: /builtin/noop
  input: { $input: name }
output: { $step: hello }
`;
let cwd = "";
beforeAll(async () => {
  cwd = await folderWith({
    "good.yaml": good,
    "forward.yaml": good.replace("{ $input: name }", "{ $step: later }"),
    "broken.yaml": "name: x\nsteps: [\n",
    "warned.yaml": good.replace("description: Says hello.\n", ""),
    "two/flow.yaml": good,
    "two/stepflow-config.yml": "plugins: {}\n",
    "two/stepflow_config.yaml": "plugins: {}\n",
    "badconfig/flow.yaml": good,
    "badconfig/stepflow-config.yml": "plugins:\n  text:\n    type: htpp\n",
  });
});

describe("usage", () => {
  test("--version", async () => {
    expect(await stepflow(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  test.each([[["--help"]], [["run", "--help"]], [["runs", "--help"]], [["runs", "get", "-h"]], [["dev", "--help"]]])(
    "%j explains itself on standard output",
    async (args) => {
      const { code, stdout, stderr } = await stepflow(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: stepflow/m);
      expect(stdout).toMatch(/^(Flags|Commands):$/m);
    },
  );

  test.each([
    [[], /Usage: stepflow <command>/],
    [["lost"], /has no command "lost"/],
    [["valdate"], /did you mean: stepflow validate/],
    [["run", "--inptu", "x"], /unknown flag --inptu[^]*did you mean --input/],
    [["run", "a.yaml", "--input"], /--input needs a value/],
    [["run"], /no flow is given/],
    [["run", "good.yaml", "surplus"], /unexpected argument "surplus"/],
    [
      ["run", "good.yaml", "--tolerated-failures", "101%"],
      /--tolerated-failures 101%: expected a number of items or a/,
    ],
    [["run", "good.yaml", "--tolerated-failures", "1.5"], /--tolerated-failures 1.5: expected a number of items or a/],
    [["run", "good.yaml", "--max-concurrency", "0"], /--max-concurrency 0: expected a whole number of at least 1/],
    [["list-components", "--format", "xml"], /Expected one of: pretty, json, yaml/],
    [["runs", "get"], /Missing required positional argument: RUN/],
    [["submit", "good.yaml", "--url", "ftp://x"], /is not an http or https URL/],
    [["run", "nowhere.yaml"], /cannot read the flow nowhere\.yaml: there is no such file/],
    [["run", "two/flow.yaml"], /more than one configuration in two/],
    [["run", "badconfig/flow.yaml"], /unknown plugin type "htpp"[^]*stepflow-config\.yml:3:\d+[^]*type: htpp\n.*\^/],
  ])("%j ends with 2 and says why", async (args, message) => {
    const { code, stdout, stderr } = await stepflow(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe("validate", () => {
  test("a sound flow passes", async () => {
    expect(await stepflow(["validate", "good.yaml"], { cwd })).toEqual({
      code: 0,
      stdout: "good.yaml: ✅ Validation passed with no errors\n",
      stderr: "",
    });
  });

  test("warnings are shown and pass", async () => {
    const { code, stdout } = await stepflow(["validate", "warned.yaml"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("Workflow has no description");
  });

  test("a fault is shown with its line and a caret, and ends with 2", async () => {
    const { code, stdout } = await stepflow(["validate", "forward.yaml"], { cwd });
    expect(code).toBe(2);
    expect(stdout).toContain("📊 Validation results: 1 fatal, 0 errors, ");
    expect(stdout).toMatch(
      /references undefined step 'later'\n {2}--> forward\.yaml:10:\d+ \(\$\.steps\[0\]\.input\)\n {2}10 \| {3}input: \{ \$step: later \}\n {5}\| +\^/,
    );
  });

  test("what is not YAML is shown where it breaks", async () => {
    const { code, stdout } = await stepflow(["validate", "broken.yaml"], { cwd });
    expect(code).toBe(2);
    expect(stdout).toMatch(/broken\.yaml:\d+:\d+/);
  });

  test("as JSON, one document and several", async () => {
    const one = await stepflow(["validate", "forward.yaml", "--format", "json"], { cwd });
    expect(JSON.parse(one.stdout)).toMatchObject({
      numFatal: 1,
      numError: 0,
      diagnostics: expect.arrayContaining([expect.objectContaining({ code: 3003, line: 10 })]),
    });
    const several = await stepflow(["validate", "good.yaml", "forward.yaml", "--format", "json"], { cwd });
    expect(several.code).toBe(2);
    expect(JSON.parse(several.stdout)).toMatchObject({
      numFatal: 1,
      files: [
        { file: "good.yaml", numFatal: 0 },
        { file: "forward.yaml", numFatal: 1 },
      ],
    });
  });

  test("run refuses what validate refuses, before anything starts", async () => {
    const { code, stdout, stderr } = await stepflow(["run", "forward.yaml"], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/forward\.yaml:10:/);
  });
});

describe("visualize", () => {
  test.each([
    [["--format", "mermaid"], /^---\ntitle: "good"\n---\nflowchart TD\n/],
    [["--format", "dot"], /^digraph "good" \{/],
    [["--format", "svg"], /^<svg xmlns=/],
    [["--format", "dot", "--no-details"], /label="hello", shape/],
  ])("%j", async (flags, start) => {
    const { code, stdout } = await stepflow(["visualize", "good.yaml", ...flags], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(start);
  });

  test("the output's extension chooses the format; standard output stays empty", async () => {
    for (const [file, start] of [
      ["o.svg", "<svg"],
      ["o.dot", "digraph"],
      ["o.md", "```mermaid\n"],
    ] as const) {
      const { code, stdout } = await stepflow(["visualize", "good.yaml", "-o", file], { cwd });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      expect((await readFile(join(cwd, file), "utf8")).startsWith(start)).toBe(true);
    }
    expect(await stepflow(["visualize", "good.yaml", "-o", "o.png"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("use .svg, .mmd, .md or .dot"),
    });
  });
});
