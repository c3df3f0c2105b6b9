import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { waitForText } from "../support/stepflow-cli.ts";

/** A program of `workers/`, run by an environment's Python. It ends with SIGTERM. */
export class PythonWorker {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when it listens. `program`: a file of `workers/`, or an absolute path. */
  static async start(python: string, program: string, port = 0): Promise<PythonWorker> {
    const child = runPython(python, program, String(port));
    const printed = new PassThrough();
    child.stdout?.pipe(printed, { end: false });
    child.stderr?.pipe(printed, { end: false });
    child.once("exit", () => printed.end());
    // 0.9 and later print the port themselves; before, only their web server tells it.
    const [, announced, logged] = await waitForText(
      printed,
      /^\{"port": (\d+)\}|running on http:\/\/127\.0\.0\.1:(\d+)/m,
    );
    return new PythonWorker(child, `http://127.0.0.1:${announced ?? logged}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

export function runPython(python: string, program: string, ...args: readonly string[]): ChildProcess {
  const path = resolve(fileURLToPath(new URL("workers", import.meta.url)), program);
  return spawn(python, [path, ...args], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", STEPFLOW_TRACE_ENABLED: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
