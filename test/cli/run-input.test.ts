import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "citty";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { readRunInput, runInputArgs } from "../../src/cli/input/run-input.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stepflow-input-"));
  await writeFile(join(folder, "in.json"), '{"a": 1}');
  await writeFile(join(folder, "in.yaml"), "a: 1\nb: [x, 2024-01-01]\n");
  await writeFile(join(folder, "many.jsonl"), '{"a":1}\n\n"two"\nnull\n');
  await writeFile(join(folder, "broken.jsonl"), '{"a":1}\n{"a":\n');
  await writeFile(join(folder, "empty.jsonl"), "\n");
  await writeFile(join(folder, "latin1.json"), Buffer.from([0x22, 0xe9, 0x22]));
});
afterEach(() => vi.unstubAllEnvs());

const read = (flags: readonly string[], schema?: Parameters<typeof readRunInput>[1]) =>
  readRunInput(
    parseArgs<typeof runInputArgs>(
      flags.map((flag) => flag.replace("FOLDER", folder)),
      runInputArgs,
    ),
    schema,
  );

describe("inputs", () => {
  test.each([
    [["--input", "FOLDER/in.json"], { inputs: [{ a: 1 }], batch: false }],
    [["-i", "FOLDER/in.yaml"], { inputs: [{ a: 1, b: ["x", "2024-01-01"] }], batch: false }],
    [["--input-json", "[1, 2]"], { inputs: [[1, 2]], batch: false }],
    [["--input-json=null"], { inputs: [null], batch: false }],
    [["--input-yaml", "a: {b: c}"], { inputs: [{ a: { b: "c" } }], batch: false }],
    [["--inputs", "FOLDER/many.jsonl"], { inputs: [{ a: 1 }, "two", null], batch: true }],
    [
      ["--input-json", "1", "--variables-json", '{"v": 2}', "--overrides-yaml", "steps: {}"],
      { inputs: [1], batch: false, variables: { v: 2 }, overrides: { steps: {} } },
    ],
  ])("%j", async (flags, expected) => {
    expect(await read(flags)).toEqual(expected);
  });

  test.each([
    [["--input-json", "1", "--input-yaml", "1"], /--input-json and --input-yaml exclude each other/],
    [["--input-json", "1", "--variables-json", "1"], /the variables are not an object/],
    [["--input", "FOLDER/nowhere.json"], /cannot read the input .*nowhere\.json: there is no such file/],
    [["--input", "FOLDER"], /it is a folder/],
    [["--input", "FOLDER/latin1.json"], /it is not UTF-8/],
    [["--inputs", "FOLDER/broken.jsonl"], /line 2 is not valid JSON[^]*broken\.jsonl:2:6/],
    [["--inputs", "FOLDER/empty.jsonl"], /holds no input/],
    [["--input-json", '{"a": 1,}'], /not valid JSON[^]*\{"a": 1,\}\n.*\^/],
    [["--input-json", '{"a": 12345678901234567890}'], /does not fit/],
    [["--input-yaml", "a: 12345678901234567890"], /12345678901234567890 cannot be held exactly[^]*:1:4/],
    [["--input-yaml", "a: .nan"], /\.nan cannot be held exactly/],
    [["--input-yaml", "a: [1"], /not valid YAML/],
    [["--input-yaml", "a: 1\na: 2"], /not valid YAML: .*unique/],
  ])("%j is refused", async (flags, message) => {
    await expect(read(flags)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  });
});

describe("--env-variables", () => {
  const schema = {
    type: "object",
    properties: { key: { type: "string", env_var: "MY_KEY" }, count: { type: "integer" }, text: {}, given: {} },
  };

  test("by env_var, else by STEPFLOW_VAR_NAME; JSON where it is JSON; what is given wins", async () => {
    vi.stubEnv("MY_KEY", "secret");
    vi.stubEnv("STEPFLOW_VAR_COUNT", "3");
    vi.stubEnv("STEPFLOW_VAR_TEXT", "not json");
    vi.stubEnv("STEPFLOW_VAR_GIVEN", "no");
    const { variables } = await read(
      ["--input-json", "1", "--env-variables", "--variables-json", '{"given": null}'],
      schema,
    );
    expect(variables).toEqual({ key: "secret", count: 3, text: "not json", given: null });
  });

  test("without the flag the environment is not looked at", async () => {
    vi.stubEnv("MY_KEY", "secret");
    expect(await read(["--input-json", "1"], schema)).toEqual({ inputs: [1], batch: false });
  });
});
