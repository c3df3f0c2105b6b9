import { resolve } from "node:path";
import { ApiClient } from "../client/api-client.ts";
import { type LocalConfig, refuseSubprocesses } from "../config/load-config.ts";
import { invalid } from "../exit-code.ts";
import { type EmbeddedRuntime, startEmbeddedRuntime } from "./embedded-runtime.ts";
import { loadServiceWorker, parseWorkerFlag } from "./service-worker.ts";

export interface LocalOrchestrator extends EmbeddedRuntime {
  readonly client: ApiClient;
}

export interface LocalOrchestratorOptions {
  /** Values of `--worker`; they win over the configuration's. */
  readonly workerFlags?: readonly string[];
  readonly stateDirectory?: string | undefined;
  readonly port?: number | undefined;
  readonly verbose?: boolean;
}

/** The embedded orchestrator with everything a configuration needs beside it. Refuses (exit 2) what it cannot provide. */
export async function startLocalOrchestrator(
  local: LocalConfig,
  options: LocalOrchestratorOptions = {},
): Promise<LocalOrchestrator> {
  refuseSubprocesses(local.config);
  const sources = new Map(
    [...local.workers, ...(options.workerFlags ?? []).map(parseWorkerFlag)].map((source) => [source.binding, source]),
  );
  for (const plugin of local.config.plugins) {
    if (plugin.kind !== "service" || sources.has(plugin.binding)) continue;
    throw invalid(
      `the plugin "${plugin.name}" is reached by the service binding ${plugin.binding}, and no worker is given for it`,
      `add its script: --worker ${plugin.binding}=path/to/index.ts, or in the configuration: worker: path/to/index.ts`,
    );
  }
  const runtime = await startEmbeddedRuntime({
    configText: local.text,
    serviceWorkers: await Promise.all([...sources.values()].map(loadServiceWorker)),
    ...(options.stateDirectory === undefined ? {} : { stateDirectory: resolve(options.stateDirectory) }),
    ...(options.port === undefined ? {} : { port: options.port }),
    verbose: options.verbose ?? false,
  });
  return { ...runtime, client: new ApiClient(runtime.url) };
}
