/**
 * The orchestrator in this process's care: the built Worker in workerd, with SQLite Durable Objects, R2 and D1 simulated by
 * Miniflare. Owns the workerd process and, without a state folder, its temporary storage. What crosses the border is HTTP on
 * 127.0.0.1. Once released, nothing of it runs any more.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import nodeModule, { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Miniflare from "miniflare";
import { CommandFailure } from "../exit-code.ts";
import { freePort, probe } from "./free-port.ts";
import { localSecret } from "./local-secret.ts";
import type { ServiceWorker } from "./service-worker.ts";
import { ownUntilExit, withoutSignalHandlersOf } from "./shutdown.ts";

/** As in wrangler.toml. */
export const COMPATIBILITY_DATE = "2026-10-23";

export interface EmbeddedRuntimeOptions {
  /** The normalised configuration, as text of the `STEPFLOW_CONFIG` binding. */
  readonly configText: string;
  readonly serviceWorkers: readonly ServiceWorker[];
  /** Where runs, blobs and the index are kept; absent: in a temporary folder that goes with the process. */
  readonly stateDirectory?: string;
  /** Absent: any free one. */
  readonly port?: number;
  /** Show what the Worker writes to its console. */
  readonly verbose: boolean;
}

export interface EmbeddedRuntime {
  /** Without trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops workerd. */
  release(): Promise<void>;
}

/** Starts it and resolves when it answers. About 0.7 s. */
export async function startEmbeddedRuntime(options: EmbeddedRuntimeOptions): Promise<EmbeddedRuntime> {
  const script = builtWorker();
  const { Miniflare: Runtime, convertV4MiniflareOptions, Log, LogLevel } = loadMiniflare();
  const port = await choosePort(options.port);
  const url = `http://127.0.0.1:${port}`;
  if (options.stateDirectory !== undefined) await mkdir(options.stateDirectory, { recursive: true });
  const shared: Miniflare.V4MiniflareOptions = {
    host: "127.0.0.1",
    port,
    // No look-up of a `cf` object, no telemetry: a local run needs no network.
    cf: false,
    telemetry: { enabled: false },
    log: new Log(options.verbose ? LogLevel.INFO : LogLevel.ERROR, { prefix: "worker" }),
    logRequests: false,
    ...(options.stateDirectory === undefined ? {} : { resourcePersistencePath: options.stateDirectory }),
    workers: [
      orchestrator(script, url, options, await localSecret(options.stateDirectory)),
      ...options.serviceWorkers.map(
        (worker): Miniflare.V4WorkerOptions => ({
          name: worker.name,
          modules: [{ type: "ESModule", path: "index.js", contents: worker.code }],
          compatibilityDate: COMPATIBILITY_DATE,
        }),
      ),
    ],
  };
  const miniflare = withoutSignalHandlersOf(() => new Runtime(convertV4MiniflareOptions(shared)));
  let ready = false;
  // A runtime that did not start fails again when it is disposed of; the first failure is the one to tell.
  const release = ownUntilExit(() =>
    miniflare.dispose().catch((error: unknown) => (ready ? Promise.reject(error) : undefined)),
  );
  await miniflare.ready;
  ready = true;
  return { url, port, release };
}

/**
 * By `require`: it is CommonJS of 5 MB, which `import` reads twice to find that out (0.2 s). Node 22 and later keep what they
 * compiled of it for the next time.
 */
function loadMiniflare(): typeof Miniflare {
  nodeModule.enableCompileCache?.();
  const loaded: typeof Miniflare = createRequire(import.meta.url)("miniflare");
  return loaded;
}

function orchestrator(
  script: string,
  url: string,
  options: EmbeddedRuntimeOptions,
  secret: string,
): Miniflare.V4WorkerOptions {
  return {
    name: "stepflow",
    // Given as one module with its text: otherwise Miniflare parses it all in search of further ones.
    modules: [{ type: "ESModule", path: script, contents: readFileSync(script, "utf8") }],
    modulesRoot: dirname(script),
    compatibilityDate: COMPATIBILITY_DATE,
    ...orchestratorBindings({ url, configText: options.configText, secret }),
    serviceBindings: Object.fromEntries(options.serviceWorkers.map((worker) => [worker.binding, worker.name])),
  };
}

/** The bindings of the orchestrator, as wrangler.toml gives them to a deployment; a test compares the two. */
export function orchestratorBindings(local: {
  readonly url: string;
  readonly configText: string;
  readonly secret: string;
}) {
  return {
    durableObjects: {
      RUNS: { className: "RunObject", useSQLite: true },
      DISPATCHERS: { className: "DispatcherObject", useSQLite: true },
      INDEX: { className: "IndexObject", useSQLite: true },
      CACHE: { className: "CacheObject", useSQLite: true },
      TRIGGERS: { className: "TriggerObject", useSQLite: true },
      SCHEDULES: { className: "ScheduleObject", useSQLite: true },
    },
    r2Buckets: ["BLOBS"],
    d1Databases: ["DB"],
    bindings: {
      STEPFLOW_CONFIG: local.configText,
      STEPFLOW_LOCAL: "1",
      STEPFLOW_SECRET: local.secret,
      PUBLIC_URL: local.url,
      ...secrets(),
    },
  };
}

/** What the builtins take from the environment. */
function secrets(): Record<string, string> {
  const names = ["OPENAI_API_KEY", "OPENAI_BASE_URL"];
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** `dist/worker/index.js`, seen from the bundled CLI and from its source. */
function builtWorker(): string {
  const places = ["../worker/index.js", "../../../dist/worker/index.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = places.find((path) => existsSync(path));
  if (found === undefined) {
    throw new CommandFailure("the orchestrator has not been built: dist/worker/index.js is missing", {
      hint: "run: npm run build",
    });
  }
  return found;
}

async function choosePort(asked: number | undefined): Promise<number> {
  if (asked === undefined || asked === 0) return freePort();
  if ((await probe(asked)) === undefined) {
    throw new CommandFailure(`port ${asked} on 127.0.0.1 is taken`, {
      hint: "choose another with --port, or --port 0 for any free one",
    });
  }
  return asked;
}
