/** Contracts on the command line: what is checked, inferred and documented of the components that a configuration reaches. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { folderWith, stepflow } from "../support/stepflow-cli.ts";

const examples = fileURLToPath(new URL("../../flows/", import.meta.url));

const flow = `# Stays
name: Answer
description: Asks and passes on.

steps:
  - id: ask
    component: /builtin/create_messages
    input:
      user_prompt: { $input: question } # the question
output: { $step: ask, path: $.messages }
`;
let cwd = "";
beforeAll(async () => {
  // A port that nothing listens on any more.
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  cwd = await folderWith({
    "flow.yaml": flow,
    "wrong.yaml": flow
      .replace("{ $input: question } # the question", "7\n      system_instruction: Be brief.")
      .replace("$.messages", "$.message"),
    "gone/stepflow-config.yml": `plugins:
  builtin: { type: builtin }
  gone: { type: http, url: "http://127.0.0.1:${port}/" }
  bound: { type: service, binding: NOWHERE }
routes:
  /builtin: [{ plugin: builtin }]
  /gone: [{ plugin: gone }]
  /bound: [{ plugin: bound }]
`,
    "gone/flow.yaml": flow.replace("/builtin/create_messages", "/gone/create"),
  });
});

interface Report {
  readonly diagnostics: readonly { readonly code: number; readonly path?: string; readonly hint?: string }[];
}

describe("validate --type-check", () => {
  test("TYPE-11 every example flow fits the components it names", async () => {
    const flows = readdirSync(examples).filter((name) => name.endsWith(".yaml"));
    expect(flows.length).toBeGreaterThanOrEqual(7);
    const args = ["validate", "--type-check", "--format", "json", ...flows];
    const { code, stdout, stderr } = await stepflow(args, { cwd: examples });
    const { diagnostics }: Report = JSON.parse(stdout);
    // The only finding: a step that runs by mustExecute is not mentioned by the output.
    expect(diagnostics.map((found) => found.code)).toEqual([1000]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("TYPE-11 what does not fit is shown at its place, and ends with 2", async () => {
    const { code, stdout } = await stepflow(["validate", "wrong.yaml", "--type-check"], { cwd });
    expect(code).toBe(2);
    expect(stdout).toContain("$.user_prompt: expected string, got integer");
    expect(stdout).toMatch(/wrong\.yaml:9:20 \(\$\.steps\[0\]\.input\.user_prompt\)\n {2}9 \| {7}user_prompt: 7\n/);
    expect(stdout).toMatch(/Unknown property 'message' at path '\$\.message'[^]*Did you mean 'messages'\?/);
  });

  test("TYPE-11 only the strict check tells what cannot be decided", async () => {
    const check = ["validate", "flow.yaml", "--type-check", "--format", "json"];
    const [lenient, strict] = await Promise.all([stepflow(check, { cwd }), stepflow([...check, "--strict"], { cwd })]);
    const codes = (text: string) => (JSON.parse(text) as Report).diagnostics.map(({ code }) => code);
    expect([lenient.code, codes(lenient.stdout)]).toEqual([0, []]);
    expect([strict.code, codes(strict.stdout)]).toEqual([0, [1101]]);
    expect(await stepflow(["validate", "flow.yaml", "--strict"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("give --type-check as well"),
    });
  });

  test("TYPE-11 a worker that cannot be reached is a warning, and its components take and give anything", async () => {
    const args = ["validate", "flow.yaml", "--type-check", "--format", "json"];
    const { code, stdout, stderr } = await stepflow(args, { cwd: join(cwd, "gone") });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /the plugin "gone" does not answer, so what its components .* not checked: .*could not be reached/,
    );
    expect(stderr).toMatch(/the plugin "bound" does not answer.*no service binding NOWHERE/);
    const { diagnostics } = JSON.parse(stdout).files?.[0] ?? JSON.parse(stdout);
    expect(diagnostics).toMatchObject([
      { code: 1100, path: "$.steps[0].component", line: 7, hint: expect.stringContaining("could not be reached") },
    ]);
  });
});

describe("infer", () => {
  test("TYPE-14, TYPE-15 to standard output, with the document's comments and order", async () => {
    const { code, stdout, stderr } = await stepflow(["infer", "flow.yaml", "--show-step-inputs"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^# Stays\nname: Answer\n[^]*\nschemas:\n[^]*\nsteps:\n {2}- id: ask\n[^]* # the question\n/,
    );
    expect(stdout).toContain(
      "input:\n      type: object\n      properties:\n        question:\n          type: string\n",
    );
    expect(stderr).toContain("expected { system_instructions: string | null, user_prompt: string }");
    expect(stderr).toMatch(/inferred: the input, the output, 1 step\n$/);
  });

  test("beside the flow, or where it is told; the result checks without a doubt", async () => {
    expect(await stepflow(["infer", "flow.yaml", "-o"], { cwd })).toMatchObject({ code: 0, stdout: "" });
    expect(await stepflow(["infer", "flow.yaml", "--output=there.yaml"], { cwd })).toMatchObject({
      code: 0,
      stdout: "",
    });
    expect(await stepflow(["infer", "-o", "other.yaml", "--flow", "flow.yaml"], { cwd })).toMatchObject({ code: 0 });
    const written = await readFile(join(cwd, "flow.inferred.yaml"), "utf8");
    for (const file of ["there.yaml", "other.yaml"]) expect(await readFile(join(cwd, file), "utf8")).toBe(written);
    const checked = await stepflow(["validate", "there.yaml", "--type-check", "--strict", "--format", "json"], { cwd });
    expect(JSON.parse(checked.stdout)).toEqual({ diagnostics: [], numFatal: 0, numError: 0, numWarning: 0 });
    const again = await stepflow(["infer", "there.yaml"], { cwd });
    expect(again).toEqual({ code: 0, stdout: written, stderr: "nothing to infer\n" });
  });

  test("a flow with faults is told of them and still written", async () => {
    const { code, stdout, stderr } = await stepflow(["infer", "wrong.yaml"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("expected string, got integer");
    expect(stdout).toContain("schemas:");
    expect(await stepflow(["infer", "nowhere.yaml"], { cwd })).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("list-components", () => {
  test("as Markdown: a section per plugin, fields with their types, and what cannot be reached", async () => {
    const { code, stdout } = await stepflow(["list-components", "--format", "markdown"], { cwd: join(cwd, "gone") });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^# Components\n[^]*\n## `builtin`\n[^]*\n### `\/builtin\/create_messages`\n\nBuilds a chat/,
    );
    expect(stdout).toContain("| `user_prompt` | `string` | yes |");
    expect(stdout).toContain("| `system_instructions` | `string \\| null` |  |");
    expect(stdout).toMatch(
      /## Not reachable\n\n\| Plugin \| Routes \| Why \|\n[^]*\| `gone` \| `\/gone` \| .*could not be reached/,
    );
    const short = await stepflow(["list-components", "--format", "markdown", "--no-schemas"], { cwd });
    expect(short.stdout).toContain("| `/builtin/noop` | Gives its input back unchanged. |");
    expect(short.stdout).not.toContain("JSON Schema");
  });

  test("pretty and JSON say which plugins do not answer, where they would be, and why", async () => {
    const gone = { cwd: join(cwd, "gone") };
    const pretty = await stepflow(["list-components"], gone);
    expect(pretty.stderr).toMatch(/warning: the plugin "gone" does not answer: .*could not be reached/);
    const json = await stepflow(["list-components", "--format", "json"], gone);
    expect(JSON.parse(json.stdout)).toMatchObject({
      complete: false,
      failedPlugins: [
        { plugin: "bound", routes: ["/bound"], error: expect.stringContaining("NOWHERE") },
        { plugin: "gone", routes: ["/gone"], error: expect.stringContaining("could not be reached") },
      ],
    });
  });
});
