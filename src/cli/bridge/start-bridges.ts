import type { PluginConfig, StepflowConfig, Subprocess } from "../../core/config/stepflow-config.ts";
import { assertNever } from "../../protocol/assert-never.ts";
import { invalid } from "../exit-code.ts";
import type { Bridge } from "./bridge.ts";
import { BridgeServer } from "./bridge-server.ts";
import { type BridgedProgram, bridgedProgram, faultOf } from "./bridged-program.ts";
import { McpBridge } from "./mcp-bridge.ts";
import { StdioWorkerBridge } from "./stdio-worker-bridge.ts";
import type { BridgeLog } from "./supervised-program.ts";

export interface StartedBridges {
  /** The configuration in which the plugins that start programs are reached over HTTP. */
  readonly config: StepflowConfig;
  /** Ends all programs: SIGTERM, then SIGKILL after 2 s. */
  release(): Promise<void>;
}

export interface BridgeOptions {
  /** Where relative paths of the configuration start. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: BridgeLog;
  /** `report`: a program that is not there is left to its calls; otherwise it is refused (exit 2). */
  readonly missingPrograms: "refuse" | "report";
}

/** Starts the programs of `stdio` and `mcp` plugins, each behind an HTTP endpoint on 127.0.0.1. */
export async function startBridges(config: StepflowConfig, options: BridgeOptions): Promise<StartedBridges> {
  const { directory, environment, log, missingPrograms } = options;
  const bridged = config.plugins.flatMap((plugin) => {
    const subprocess = subprocessOf(plugin);
    return subprocess ? [{ plugin, program: bridgedProgram(plugin.name, subprocess, directory, environment) }] : [];
  });
  if (bridged.length === 0) return { config, release: async () => {} };
  for (const { program } of missingPrograms === "refuse" ? bridged : []) {
    const fault = faultOf(program);
    if (fault) throw invalid(fault.message, fault.hint);
  }
  const server = new BridgeServer();
  await server.listen();
  const bridges = new Map<string, { readonly bridge: Bridge; readonly url: string }>();
  for (const { plugin, program } of bridged) {
    const bridge = createBridge(plugin, program, log);
    bridges.set(plugin.name, { bridge, url: server.add(plugin.name, bridge) });
  }
  // Their start and the orchestrator's take the same time together as each alone.
  for (const { bridge } of bridges.values()) void bridge.warmUp();
  return {
    config: { ...config, plugins: config.plugins.map((plugin) => reachedAt(plugin, bridges.get(plugin.name)?.url)) },
    async release() {
      await Promise.all([...bridges.values()].map(({ bridge }) => bridge.release()));
      await server.close();
    },
  };
}

/** Whether a configuration has programs that only this machine can start. */
export function hasBridgedPlugins(config: StepflowConfig): boolean {
  return config.plugins.some((plugin) => subprocessOf(plugin) !== undefined);
}

function createBridge(plugin: PluginConfig, program: BridgedProgram, log: BridgeLog): Bridge {
  return plugin.kind === "mcp" ? new McpBridge(program, log) : new StdioWorkerBridge(program, log);
}

function subprocessOf(plugin: PluginConfig): Subprocess | undefined {
  switch (plugin.kind) {
    case "stdio":
      return plugin;
    case "mcp":
      return plugin.server.kind === "command" ? plugin.server : undefined;
    case "builtin":
    case "mock":
    case "http":
    case "service":
    case "queue":
      return undefined;
    default:
      return assertNever(plugin);
  }
}

function reachedAt(plugin: PluginConfig, url: string | undefined): PluginConfig {
  if (url === undefined) return plugin;
  const { name, validation, timeoutMs } = plugin;
  const base = { name, validation, ...(timeoutMs !== undefined && { timeoutMs }) };
  return plugin.kind === "mcp"
    ? { ...base, kind: "mcp", result: plugin.result, server: { kind: "url", url, headers: {} } }
    : { ...base, kind: "http", url, headers: {} };
}
