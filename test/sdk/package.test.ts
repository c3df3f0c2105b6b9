/** The built library, as a program finds it that depends on the package. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programPath } from "./worker-process.ts";

const run = promisify(execFile);
const root = programPath("");
let folder: string;

beforeAll(async () => {
  if (!existsSync(join(root, "dist/sdk/index.js"))) throw new Error("dist/sdk is missing: run `npm run build` first");
  folder = await mkdtemp(join(tmpdir(), "stepflow-sdk-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/stepflow-edge"));
  await symlink(join(root, "node_modules/zod"), join(folder, "node_modules/zod"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await writeFile(join(folder, "worker.ts"), PROGRAM);
});
afterAll(() => rm(folder, { recursive: true }));

const PROGRAM = `
import { createTestContext, createWorker, StepflowClient } from "stepflow-edge/sdk";
import { serve, type ServedWorker } from "stepflow-edge/sdk/node";
import { z } from "zod";

export const worker = createWorker({ name: "packed" }).component("shout", {
  input: z.object({ text: z.string() }),
  output: z.object({ loud: z.string() }),
  execute: ({ text }) => ({ loud: text.toUpperCase() }),
});
const served: ServedWorker = await serve(worker, { announce: false });
const health = (await (await fetch(served.url + "/health")).json()) as { service: string };
const output = await worker.execute("shout", { text: "hi" }, createTestContext());
const refusal = await new StepflowClient(served.url).runs.get("x").catch((error: Error) => error.name);
console.log(JSON.stringify([health.service, output, refusal]));
await served.close();
`;

test("runs", async () => {
  const { stdout } = await run(process.execPath, [join(folder, "worker.ts")]);
  expect(JSON.parse(stdout)).toEqual(["packed", { loud: "HI" }, "StepflowApiError"]);
});

async function compile(file: string, resolution: string): Promise<void> {
  const options = ["--noEmit", "--strict", "--target", "es2024", "--lib", "es2024"];
  options.push("--moduleResolution", resolution, "--module", resolution === "bundler" ? "esnext" : resolution);
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  await run(join(root, "node_modules/.bin/tsc"), [...options, ...types, file], { cwd: folder });
}

test("the worker that the README shows compiles and works", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  await writeFile(join(folder, "greeter.ts"), program);
  await compile("greeter.ts", "nodenext");
  const use = `import { createTestContext } from "stepflow-edge/sdk";
    import worker from "./greeter.ts";
    console.log(JSON.stringify(await worker.execute("greet", { name: "Ada" }, createTestContext())));`;
  await writeFile(join(folder, "use.ts"), use);
  const { stdout } = await run(process.execPath, [join(folder, "use.ts")]);
  expect(JSON.parse(stdout)).toEqual({ text: "Hello Ada, this is attempt 1" });
});

test.each(["nodenext", "bundler"])("has types under %s resolution, and they infer", async (resolution) => {
  await compile("worker.ts", resolution);
  await writeFile(join(folder, "wrong.ts"), PROGRAM.replace("text.toUpperCase()", "text.length"));
  await expect(compile("wrong.ts", resolution)).rejects.toMatchObject({
    stdout: expect.stringContaining("Type 'number' is not assignable to type 'string'"),
  });
});
