import { resolve } from "node:path";
import { type StepflowConfig, serializeConfig } from "../../core/config/index.ts";
import { startBridges } from "../bridge/start-bridges.ts";
import type { BridgeLog } from "../bridge/supervised-program.ts";
import { ApiClient } from "../client/api-client.ts";
import { type LocalConfig, refuseQueueWorkers } from "../config/load-config.ts";
import { invalid } from "../exit-code.ts";
import { stderr } from "../report/terminal.ts";
import { type EmbeddedRuntime, startEmbeddedRuntime } from "./embedded-runtime.ts";
import { loadServiceWorker, parseWorkerFlag } from "./service-worker.ts";
import { ownUntilExit } from "./shutdown.ts";

export interface LocalOrchestrator extends EmbeddedRuntime {
  readonly client: ApiClient;
}

export interface LocalOrchestratorOptions {
  /** Values of `--worker`; they win over the configuration's. */
  readonly workerFlags?: readonly string[];
  readonly stateDirectory?: string | undefined;
  readonly port?: number | undefined;
  readonly verbose?: boolean;
  /** Triggers of the configuration act. Otherwise there are none: whoever starts one run wants no others beside it. */
  readonly triggers?: boolean;
  /** Go on without workers that cannot be had here: their plugins then do not answer. For looking, not for running. */
  readonly partial?: boolean;
}

/** The embedded orchestrator with everything a configuration needs beside it. Refuses (exit 2) what it cannot provide. */
export async function startLocalOrchestrator(
  local: LocalConfig,
  options: LocalOrchestratorOptions = {},
): Promise<LocalOrchestrator> {
  if (options.partial !== true) refuseQueueWorkers(local.config);
  const sources = new Map(
    [...local.workers, ...(options.workerFlags ?? []).map(parseWorkerFlag)].map((source) => [source.binding, source]),
  );
  for (const plugin of local.config.plugins) {
    if (options.partial === true || plugin.kind !== "service" || sources.has(plugin.binding)) continue;
    throw invalid(
      `the plugin "${plugin.name}" is reached by the service binding ${plugin.binding}, and no worker is given for it`,
      `add its script: --worker ${plugin.binding}=path/to/index.ts, or in the configuration: worker: path/to/index.ts`,
    );
  }
  const verbose = options.verbose ?? false;
  const bridges = await startBridges(local.config, {
    directory: local.workingDirectory,
    environment: process.env,
    missingPrograms: options.partial === true ? "report" : "refuse",
    log: bridgeLog(verbose),
  });
  const releaseBridges = ownUntilExit(() => bridges.release());
  try {
    const config = withTriggers(bridges.config, options.triggers ?? false);
    const runtime = await startEmbeddedRuntime({
      configText: config === local.config ? local.text : serializeConfig(config),
      serviceWorkers: await Promise.all([...sources.values()].map(loadServiceWorker)),
      ...(options.stateDirectory === undefined ? {} : { stateDirectory: resolve(options.stateDirectory) }),
      ...(options.port === undefined ? {} : { port: options.port }),
      verbose,
    });
    return {
      ...runtime,
      client: new ApiClient(runtime.url, undefined),
      async release() {
        await runtime.release();
        await releaseBridges();
      },
    };
  } catch (error) {
    await releaseBridges();
    throw error;
  }
}

function withTriggers(config: StepflowConfig, triggers: boolean): StepflowConfig {
  return triggers || config.triggers.size === 0 ? config : { ...config, triggers: new Map() };
}

function bridgeLog(verbose: boolean): BridgeLog {
  return {
    said: (plugin, line) => {
      if (verbose) stderr.write(`${stderr.dim(`[${plugin}]`)} ${line}\n`);
    },
    warn: (message) => stderr.write(`${stderr.yellow("warning:")} ${message}\n`),
  };
}
