/**
 * Virtual environments, each with one unmodified release of stepflow-py. Owns `node_modules/.cache/stepflow-python`: an
 * environment is made once, under another name until it is whole, and kept. Without Python, without a package index or with
 * STEPFLOW_TEST_PYTHON=0 there is none, and the reason says why.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type PythonEnvironment =
  | { readonly kind: "ready"; readonly python: string }
  | { readonly kind: "absent"; readonly reason: string };

const run = promisify(execFile);
const cache = fileURLToPath(new URL("../../node_modules/.cache/stepflow-python", import.meta.url));
const INSTALL_MS = 150_000;
const INTERPRETERS = ["python3", "python3.13", "python3.12", "python3.11"];
const IS_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))";

/** The environments in the order asked for. Where one cannot be made, no further one is tried. */
export async function pythonEnvironments(releases: readonly string[]): Promise<readonly PythonEnvironment[]> {
  if (process.env["STEPFLOW_TEST_PYTHON"] === "0") return releases.map(() => absent("STEPFLOW_TEST_PYTHON is 0"));
  const environments: PythonEnvironment[] = [];
  for (const release of releases) {
    const last = environments.at(-1);
    environments.push(last?.kind === "absent" ? last : await pythonEnvironment(release));
  }
  return environments;
}

async function pythonEnvironment(release: string): Promise<PythonEnvironment> {
  const folder = join(cache, release);
  const environment: PythonEnvironment = { kind: "ready", python: join(folder, "bin", "python") };
  if (existsSync(environment.python)) return environment;
  const interpreter = await findInterpreter();
  if (interpreter === undefined) return absent("there is no Python 3.11 or later");
  console.log(`installing stepflow-py ${release} into node_modules/.cache: once, about half a minute`);
  const unfinished = `${folder}.${process.pid}`;
  const within = { timeout: INSTALL_MS };
  try {
    await mkdir(cache, { recursive: true });
    await run(interpreter, ["-m", "venv", unfinished], within);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
    await run(join(unfinished, "bin", "python"), [...pip, `stepflow-py[http]==${release}`], within);
    await rename(unfinished, folder);
    return environment;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    return absent(`stepflow-py ${release} could not be installed: ${lastLine(error)}`);
  }
}

async function findInterpreter(): Promise<string | undefined> {
  for (const interpreter of INTERPRETERS) {
    const isUsable = await run(interpreter, ["-c", IS_NEW_ENOUGH]).then(
      () => true,
      () => false,
    );
    if (isUsable) return interpreter;
  }
  return undefined;
}

function absent(reason: string): PythonEnvironment {
  return { kind: "absent", reason };
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message?: string };
  return (stderr?.trim() || message || "unknown reason").split("\n").at(-1) ?? "";
}
