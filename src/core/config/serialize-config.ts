import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { type EgressConfig, formatHostPattern } from "../egress/index.ts";
import { formatPath } from "../expression/path.ts";
import { escapeEnvironmentReferences } from "./environment-references.ts";
import type { MockComponentConfig, PluginConfig, RouteRule, StepflowConfig, Subprocess } from "./stepflow-config.ts";

/**
 * The configuration as compact JSON text that `parseConfig` reads back to the same value without an environment: how a local
 * run hands it to the Worker in the binding `STEPFLOW_CONFIG`.
 */
export function serializeConfig(config: StepflowConfig): string {
  const { retry } = config;
  const document = compact({
    workingDirectory: config.workingDirectory,
    plugins: Object.fromEntries(config.plugins.map((plugin) => [plugin.name, pluginDocument(plugin)])),
    routes: Object.fromEntries(config.routes.map(({ pattern, rules }) => [pattern.source, rules.map(ruleDocument)])),
    retry: {
      transportMaxRetries: retry.transportMaxRetries,
      backoff:
        retry.backoff.type === "constant"
          ? { type: "constant", delayMs: retry.backoff.minDelayMs, jitter: retry.backoff.jitter }
          : { ...retry.backoff },
    },
    maxConcurrency: config.maxConcurrency,
    variables: config.variableNames && { env: [...config.variableNames] },
    egress: config.egress && egressDocument(config.egress),
    ...(config.triggers.size === 0 ? {} : { triggers: Object.fromEntries(config.triggers) as unknown as JsonObject }),
  });
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === "string" ? escapeEnvironmentReferences(value) : value,
  );
}

function egressDocument({ allowHosts, allowPrivate, allowHttp, allowPorts }: EgressConfig): JsonObject {
  return compact({
    allowHosts: allowHosts?.map(formatHostPattern),
    allowPrivate,
    allowHttp,
    allowPorts: allowPorts && [...allowPorts],
  });
}

function pluginDocument(plugin: PluginConfig): JsonObject {
  const base = compact({ type: plugin.kind, validation: plugin.validation, timeoutMs: plugin.timeoutMs });
  switch (plugin.kind) {
    case "builtin":
      return base;
    case "mock":
      return {
        ...base,
        components: Object.fromEntries(plugin.components.map((mock) => [mock.component, mockDocument(mock)])),
      };
    case "http":
      return {
        ...base,
        ...compact({ url: plugin.url, headers: { ...plugin.headers }, ...httpSettings(plugin) }),
      };
    case "service":
      return {
        ...base,
        ...compact({ binding: plugin.binding, worker: plugin.worker, ...httpSettings(plugin) }),
      };
    case "queue":
      return {
        ...base,
        ...compact({
          queueName: plugin.queueName,
          queueTimeoutSecs: plugin.queueTimeoutMs / 1000,
          executionTimeoutSecs: plugin.executionTimeoutMs === undefined ? undefined : plugin.executionTimeoutMs / 1000,
        }),
        ...(plugin.command && commandDocument(plugin.command)),
      };
    case "mcp":
      return {
        ...base,
        result: plugin.result,
        ...(plugin.server.kind === "url"
          ? { url: plugin.server.url, headers: { ...plugin.server.headers } }
          : commandDocument(plugin.server)),
      };
    case "stdio":
      return { ...base, ...commandDocument(plugin) };
    default:
      return assertNever(plugin);
  }
}

function httpSettings({ maxResponseBytes, signingSecret }: Extract<PluginConfig, { kind: "http" | "service" }>) {
  return { maxResponseBytes, signingSecret };
}

function commandDocument({ command, args, env, workingDirectory }: Subprocess): JsonObject {
  return compact({ command, args: [...args], env: { ...env }, workingDirectory });
}

function mockDocument({ inputSchema, outputSchema, behaviors }: MockComponentConfig): JsonObject {
  return compact({
    inputSchema,
    outputSchema,
    behaviors: behaviors.map(({ input, result }) => ({
      input,
      result:
        result.outcome === "failed"
          ? {
              outcome: "failed",
              error: compact({ code: result.error.code, message: result.error.message, data: result.error.data }),
            }
          : { ...result },
    })),
  });
}

function ruleDocument(rule: RouteRule): JsonObject {
  return compact({
    ...rule.params,
    plugin: rule.plugin,
    conditions: rule.conditions.map(({ path, value }) => ({ path: formatPath(path), value })),
    componentAllow: rule.componentAllow && [...rule.componentAllow],
    componentDeny: rule.componentDeny && [...rule.componentDeny],
    component: rule.component,
  });
}

/** Without the members that are undefined. */
function compact(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
