import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const READY_MS = 30_000;
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a process and remembers it, so that it never outlives the benchmark. Its stderr is kept for error messages. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.stderr?.resume();
  return child;
}

/** Starts one of our own Node processes and returns the port from the line `{"port": n}` that it prints when it listens. */
export async function startNodeProcess(
  script: URL,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = startProcess(process.execPath, [fileURLToPath(script), ...args], { env: { ...process.env, ...env } });
  if (child.stdout === null) throw new Error("a child process without stdout");
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, "line", { signal: AbortSignal.timeout(READY_MS) }).then(([line]) => String(line));
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${script.pathname} ended with ${String(code)} before it listened: ${complaint}`);
  });
  const ready: { readonly port: number } = JSON.parse(await Promise.race([first, ended]));
  ended.catch(() => undefined);
  child.stdout.resume();
  return { child, port: ready.port };
}

/** SIGKILL, and wait until the process is gone. */
export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** Process ids of this process's own children called workerd. */
export async function workerdPids(): Promise<ReadonlySet<number>> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,comm="]);
  const pids = new Set<number>();
  for (const line of stdout.split("\n")) {
    const [pid, parent, command] = line.trim().split(/\s+/);
    if (Number(parent) === process.pid && command !== undefined && command.includes("workerd")) pids.add(Number(pid));
  }
  return pids;
}
