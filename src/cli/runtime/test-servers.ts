/**
 * `test.servers` of the older dialect: processes that a flow's cases need. Each gets a free port, is started, and is waited
 * for; `{port}`, `{name.port}` and `{name.url}` are replaced in its own settings and in the configuration. Owns the
 * processes: they are gone (SIGTERM, then SIGKILL after 5 s) when released.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Json } from "../../protocol/json.ts";
import { CommandFailure, invalid } from "../exit-code.ts";
import { freePort } from "./free-port.ts";
import { ownUntilExit } from "./shutdown.ts";

const serverSchema = z.object({
  command: z.string().min(1),
  args: z.array(z.coerce.string()).default([]),
  env: z.record(z.string(), z.coerce.string()).default({}),
  workingDirectory: z.string().optional(),
  portRange: z.tuple([z.int().min(1), z.int().max(65_535)]).optional(),
  startupTimeoutMs: z.number().positive().default(10_000),
  healthCheck: z
    .object({ path: z.string().default("/health"), timeoutMs: z.number().positive().default(5000) })
    .optional(),
});
type ServerSettings = z.infer<typeof serverSchema>;

export interface TestServers {
  /** Replaces `{name.url}` and `{name.port}` in the text of a configuration. */
  substituteText(text: string): string;
  release(): Promise<void>;
}

const POLL_MS = 50;
const GRACE_MS = 5000;

/** Starts them one after the other; `directory` is where their relative paths start. */
export async function startTestServers(servers: Json, directory: string): Promise<TestServers> {
  const started: { readonly name: string; readonly port: number; release(): Promise<void> }[] = [];
  const replace = (text: string) =>
    started.reduce(
      (result, { name, port }) =>
        result.replaceAll(`{${name}.url}`, url(port)).replaceAll(`{${name}.port}`, String(port)),
      text,
    );
  const release = async () => {
    for (const server of started.splice(0).reverse()) await server.release();
  };
  try {
    for (const [name, settings] of Object.entries(readSettings(servers))) {
      const port = await freePort(settings.portRange);
      const own = (text: string) =>
        replace(text)
          .replaceAll("{port}", String(port))
          .replaceAll(`{${name}.port}`, String(port))
          .replaceAll(`{${name}.url}`, url(port));
      started.push({ name, port, release: await startServer(name, settings, port, own, directory) });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { substituteText: replace, release };
}

function readSettings(servers: Json): Record<string, ServerSettings> {
  const parsed = z.record(z.string(), serverSchema).safeParse(mapKeys(servers));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(
    `test.servers${issue?.path.map((key) => `.${String(key)}`).join("") ?? ""}: ${issue?.message ?? "not usable"}`,
  );
}

async function startServer(
  name: string,
  settings: ServerSettings,
  port: number,
  substitute: (text: string) => string,
  directory: string,
): Promise<() => Promise<void>> {
  const child = spawn(settings.command, settings.args.map(substitute), {
    cwd: resolve(directory, settings.workingDirectory ?? "."),
    env: {
      ...process.env,
      ...Object.fromEntries(Object.entries(settings.env).map(([key, value]) => [key, substitute(value)])),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints.push(text);
    if (complaints.length > 20) complaints.shift();
  });
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended ??= `it ended with ${signal ?? `code ${code}`}`));
  const release = ownUntilExit(() => stop(child));

  const deadline = Date.now() + settings.startupTimeoutMs;
  while (!(await answers(port, settings))) {
    const why =
      ended ?? (Date.now() > deadline ? `no answer on port ${port} after ${settings.startupTimeoutMs} ms` : undefined);
    if (why === undefined) {
      await delay(POLL_MS);
      continue;
    }
    await release();
    const said = complaints.join("").trim();
    throw new CommandFailure(
      `the test server "${name}" (${settings.command}) did not start: ${why}${said === "" ? "" : `\n${said}`}`,
    );
  }
  return release;
}

/** Any HTTP answer will do, unless a health check is asked for: then it must be a 2xx at its path. */
async function answers(port: number, { healthCheck }: ServerSettings): Promise<boolean> {
  try {
    const response = await fetch(new URL(healthCheck?.path ?? "/", url(port)), {
      signal: AbortSignal.timeout(healthCheck?.timeoutMs ?? 1000),
    });
    await response.body?.cancel();
    return healthCheck === undefined || response.ok;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await exited;
  clearTimeout(killer);
}

const url = (port: number) => `http://127.0.0.1:${port}`;

/** Settings may be in snake_case; the names of servers and of environment variables are the user's. */
function mapKeys(servers: Json): Json {
  const camel = (key: string) => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const settings = (value: Json, depth: number): Json =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value).map(([key, child]) => [
            depth === 0 ? key : camel(key),
            key === "env" ? child : settings(child, depth + 1),
          ]),
        );
  return settings(servers, 0);
}
