import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A worker program that serves HTTP on a free port. */
export class WorkerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #logged: string[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    createInterface({ input: child.stderr! }).on("line", (line) => {
      this.#logged.push(line);
      for (const look of this.#watchers) look();
    });
  }

  static async start(program: string, args: readonly string[] = []): Promise<WorkerProcess> {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const { value: line } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
    return new WorkerProcess(child, `http://127.0.0.1:${JSON.parse(line ?? "{}").port}`);
  }

  /** The first line of its log that has `text` in it, now or later. */
  logged(text: string): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const line = this.#logged.find((candidate) => candidate.includes(text));
        if (line === undefined) return;
        this.#watchers.delete(look);
        resolve(line);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Its exit code after SIGTERM. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    return this.#child.exitCode;
  }
}

export function programPath(relative: string): string {
  return fileURLToPath(new URL(`../../${relative}`, import.meta.url));
}
