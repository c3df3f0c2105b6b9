/**
 * One life of a bridged program. Owns the process and its group; what crosses the border are lines on its standard input and
 * output, its standard error is the log. Once it has ended, however it did, `onEnd` has been called once and nothing of it runs.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { BridgedProgram } from "./bridged-program.ts";
import { readLines } from "./read-lines.ts";

export interface ProcessEvents {
  readonly onLine: (line: string) => void;
  /** A line of its log. */
  readonly onLog: (line: string) => void;
  /** `reason` completes a sentence: "ended with code 1". */
  readonly onEnd: (reason: string) => void;
}

/** Of one message of the program. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_LOG_LINE_BYTES = 64 * 1024;
const GRACE_MS = 2000;
/** What a program wrote just before its end is still read. */
const DRAIN_MS = 200;

/** What still runs when this process exits in a hurry is killed: then there is no time to ask. */
const running = new Set<RunningProcess>();
process.once("exit", () => {
  for (const one of running) one.kill();
});

export class RunningProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: ProcessEvents;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  constructor(program: BridgedProgram, events: ProcessEvents) {
    this.#events = events;
    // A group of its own: Ctrl-C is ours to pass on, and what it starts ends with it.
    this.#child = spawn(program.command, [...program.args], {
      cwd: program.directory,
      env: { ...program.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    readLines(this.#child.stdout, MAX_LINE_BYTES, {
      line: events.onLine,
      tooLong: () => {
        this.#end(`wrote a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MiB`);
        this.kill();
      },
    });
    readLines(this.#child.stderr, MAX_LOG_LINE_BYTES, { line: events.onLog, tooLong: () => {} });
    // That nobody reads it any more shows in its end.
    this.#child.stdin.on("error", () => {});
    this.#ended = this.#watch();
  }

  send(message: object): void {
    if (!this.#hasEnded) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** Closes its input and asks it to end; SIGKILL after 2 s. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    this.#signal("SIGTERM");
    const killer = setTimeout(() => this.kill(), GRACE_MS);
    await this.#ended;
    clearTimeout(killer);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  async #watch(): Promise<void> {
    const { promise: gone, resolve } = Promise.withResolvers<string>();
    running.add(this);
    this.#child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    this.#child.once("exit", (code, signal) =>
      resolve(`ended ${signal === null ? `with code ${code}` : `by ${signal}`}`),
    );
    const reason = await gone;
    if (this.#child.pid !== undefined && !this.#child.stdout.readableEnded) {
      const drained = AbortSignal.timeout(DRAIN_MS);
      await once(this.#child, "close", { signal: drained }).catch(() => {});
    }
    // Of its group something may be left.
    this.kill();
    running.delete(this);
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#events.onEnd(reason);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // It has gone already.
    }
  }
}
