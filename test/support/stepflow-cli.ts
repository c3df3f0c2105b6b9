/** The built `stepflow` command as a user runs it: a process with arguments, a folder, standard input and exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface CliOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. */
export async function stepflow(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startStepflow(args, options);
  const [stdout, stderr] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    child.exitCode ?? once(child, "exit"),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

/** Starts it; the caller ends it. */
export function startStepflow(args: readonly string[], options: CliOptions = {}): ChildProcess {
  if (!existsSync(program)) throw new Error("dist/cli/main.js is missing: run `npm run build` first");
  const { STEPFLOW_URL: _url, STEPFLOW_TOKEN: _token, FORCE_COLOR: _color, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...inherited, NO_COLOR: "1", ...options.env },
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(options.stdin);
  return child;
}

/** A fresh folder with these files in it. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stepflow-test-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Resolves with the first match in what the stream gives; rejects when it ends without one. The stream flows on. */
export function waitForText(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let seen = "";
    stream.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      const match = pattern.exec(seen);
      if (match !== null) resolve(match);
    });
    stream.on("end", () => reject(new Error(`ended without ${pattern}: ${seen}`)));
  });
}
