/** The configuration of a local run: found, read, and what only the CLI can do about it (service workers, subprocesses) noted. */

import { dirname, resolve } from "node:path";
import { type PluginConfig, parseConfig, type StepflowConfig, serializeConfig } from "../../core/config/index.ts";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { invalid } from "../exit-code.ts";
import { readSource } from "../input/read-source.ts";
import { renderDiagnostics, type SourceText } from "../report/render-diagnostics.ts";
import { stderr } from "../report/terminal.ts";
import type { ServiceWorkerSource } from "../runtime/service-worker.ts";
import { discoverConfig } from "./discover-config.ts";

export interface LocalConfig {
  readonly config: StepflowConfig;
  /** For the binding `STEPFLOW_CONFIG`. */
  readonly text: string;
  /** Absolute: what relative paths of `load_file` and of the configuration start from. */
  readonly workingDirectory: string;
  /** Absent for the default configuration. */
  readonly source?: SourceText;
  readonly diagnostics: readonly Diagnostic[];
  readonly workers: readonly ServiceWorkerSource[];
}

/**
 * `--config`, else the one beside the flow, else the one in the current folder, else the default. Refuses (exit 2) a
 * configuration with errors and prints what it finds on standard error.
 */
export async function loadConfig(options: {
  readonly file?: string | undefined;
  readonly flowDirectory?: string | undefined;
}): Promise<LocalConfig> {
  const directories = [...new Set([options.flowDirectory ?? process.cwd(), process.cwd()])];
  const path = options.file === undefined ? discoverConfig(directories) : resolve(options.file);
  if (path === undefined) return readConfig(undefined, options.flowDirectory ?? process.cwd());
  return readConfig(await readSource(path, "configuration"), dirname(path));
}

/** `directory` is where the text's relative paths start. */
export function readConfig(source: SourceText | undefined, directory: string): LocalConfig {
  const { config, diagnostics } = parseConfig(source?.text ?? "", { env: definedEnvironment() });
  if (config === undefined) {
    throw invalid(
      `the configuration ${source?.name ?? ""} cannot be used\n\n${renderDiagnostics(diagnostics, source, stderr).trimEnd()}`,
    );
  }
  const workingDirectory = resolve(directory, config.workingDirectory ?? ".");
  return {
    config,
    text: serializeConfig(config),
    workingDirectory,
    ...(source === undefined ? {} : { source }),
    diagnostics,
    workers: config.plugins.flatMap((plugin) => localWorker(plugin, directory)),
  };
}

/** Refuses plugins whose processes the CLI cannot start (exit 2). */
export function refuseQueueWorkers(config: StepflowConfig): void {
  for (const plugin of config.plugins) {
    if (plugin.kind !== "queue" || plugin.command === undefined) continue;
    throw invalid(
      `the plugin "${plugin.name}" (queue) starts the program "${plugin.command.command}", which this version cannot do yet`,
      "start the worker yourself with its HTTP transport, and give its address: type: http, url: http://127.0.0.1:PORT",
    );
  }
}

function localWorker(plugin: PluginConfig, directory: string): ServiceWorkerSource[] {
  if (plugin.kind !== "service" || plugin.worker === undefined) return [];
  return [{ binding: plugin.binding, path: resolve(directory, plugin.worker) }];
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
