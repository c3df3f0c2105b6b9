/**
 * Owns one workerd process with one Worker in it, on a temporary directory of its own. Requests go straight to workerd's
 * socket: no proxy, no request log, no inspector. Invariant: after `stop` the process and the directory are gone.
 */
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { workerdPids } from "../child-process.ts";
import { makeDirectory, removeDirectory } from "../temporary-directory.ts";

const COMPATIBILITY_DATE = "2026-10-23";

type WorkerConfig = MiniflareOptions["workers"][number]["config"];
export interface HostedWorker {
  /** The bundled module's text. */
  readonly code: string;
  readonly env: NonNullable<WorkerConfig["env"]>;
  readonly exports: NonNullable<WorkerConfig["exports"]>;
  /** Only for a profile: opens workerd's inspector on this port. */
  readonly inspectorPort?: number;
}

export interface WorkerdHost {
  readonly url: URL;
  /** SIGKILLs workerd and resolves when Miniflare, by itself, has it listening again on the same storage; `url` then names the new socket. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export const WORKER_NAME = "bench";

export async function startWorkerd(worker: HostedWorker): Promise<WorkerdHost> {
  const directory = makeDirectory();
  const before = await workerdPids();
  let onRestart = (): void => undefined;
  const miniflare = new Miniflare({
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => undefined,
    resourcePersistencePath: directory,
    unsafeHandleRuntimeRestart: () => onRestart(),
    ...(worker.inspectorPort === undefined ? {} : { inspectorPort: worker.inspectorPort }),
    workers: [
      {
        config: {
          name: WORKER_NAME,
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: { mainModule: "index.js", modules: { "index.js": { type: "esm", contents: worker.code } } },
          env: worker.env,
          exports: worker.exports,
        },
        dev: {
          unsafeDirectSockets: [{}],
          stripCfConnectingIp: false,
          unsafeInspectorProxy: worker.inspectorPort !== undefined,
        },
      },
    ],
  });
  let url = await miniflare.unsafeGetDirectURL(WORKER_NAME);
  let own = newPids(before, await workerdPids());
  return {
    get url() {
      return url;
    },
    async kill() {
      const restarted = new Promise<void>((resolve) => {
        onRestart = resolve;
      });
      const known = await workerdPids();
      for (const pid of own) process.kill(pid, "SIGKILL");
      await restarted;
      url = await miniflare.unsafeGetDirectURL(WORKER_NAME);
      own = newPids(known, await workerdPids());
    },
    async stop() {
      await miniflare.dispose();
      removeDirectory(directory);
    },
  };
}

function newPids(before: ReadonlySet<number>, now: ReadonlySet<number>): readonly number[] {
  return [...now].filter((pid) => !before.has(pid));
}
