import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { ConfigDiagnostics, childPath } from "./config-diagnostics.ts";
import { type ConfigNode, readConfigDocument } from "./config-document.ts";
import { checkPluginUrls, readEgress } from "./parse-egress.ts";
import { readPlugin } from "./parse-plugin.ts";
import { readRetry } from "./parse-retry.ts";
import { readRoutes } from "./parse-routes.ts";
import { readTriggers } from "./parse-triggers.ts";
import { parseRoutePattern } from "./route-pattern.ts";
import { SettingReader } from "./setting-reader.ts";
import { DEFAULT_CONFIG, type PluginConfig, type RouteConfig, type StepflowConfig } from "./stepflow-config.ts";

export interface ParsedConfig {
  /** Absent when a fatal or error diagnostic says why. */
  readonly config?: StepflowConfig;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads `stepflow-config.yml` (YAML or JSON, every dialect). `env` is what `${VAR}` looks at; `deployed` says that plugins are
 * called from a deployment and not from this machine, so that URLs its egress policy refuses are errors. An empty text gives
 * `DEFAULT_CONFIG`.
 */
export function parseConfig(
  text: string,
  options: { readonly env?: Readonly<Record<string, string>>; readonly deployed?: boolean } = {},
): ParsedConfig {
  const diagnostics = new ConfigDiagnostics();
  const document = readConfigDocument(text, options.env ?? {}, diagnostics);
  if (!document) return { diagnostics: diagnostics.list };
  if (document.kind === "scalar" && document.value === null && !diagnostics.refused) {
    return { config: DEFAULT_CONFIG, diagnostics: [] };
  }
  const config = readConfig(document, !options.deployed, diagnostics);
  return config && !diagnostics.refused ? { config, diagnostics: diagnostics.list } : { diagnostics: diagnostics.list };
}

function readConfig(document: ConfigNode, local: boolean, diagnostics: ConfigDiagnostics): StepflowConfig | undefined {
  const root = SettingReader.open({ node: document, path: "$" }, diagnostics);
  if (!root) return undefined;
  const workingDirectory = root.string("workingDirectory");
  const plugins = readPlugins(root);
  const routes = readRoutes(root.take("routes"), new Set(plugins.map(({ name }) => name)), diagnostics);
  const retry = readRetry(root.take("retry"), diagnostics);
  const maxConcurrency = root.number("maxConcurrency", { least: 1 });
  const variableNames = readVariableNames(root);
  const egress = readEgress(root.take("egress"), diagnostics);
  checkPluginUrls(root.take("plugins"), egress, local, diagnostics);
  const triggers = readTriggers(root.take("triggers"), diagnostics);
  const platformStores = "runs, flows and blobs are stored by the platform: nothing to configure";
  for (const key of ["stateStore", "storageConfig", "leaseManager", "recovery"]) root.ignored(key, platformStores);
  root.ignored("blobApi", "workers are told the URL of the blobs by the binding PUBLIC_URL");
  root.finish();
  checkReferences(plugins, routes, root);
  return {
    ...(workingDirectory !== undefined && { workingDirectory }),
    plugins,
    routes: routes ?? plugins.map(({ name }) => routeByName(name)),
    retry,
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(variableNames && { variableNames }),
    ...(egress && { egress }),
    triggers,
  };
}

function readVariableNames(root: SettingReader): readonly string[] | undefined {
  const place = root.take("variables");
  const variables = place && SettingReader.open(place, root.diagnostics);
  const names = variables?.strings("env");
  variables?.finish();
  return names;
}

function readPlugins(root: SettingReader): readonly PluginConfig[] {
  const place = root.take("plugins");
  const map = place && SettingReader.open(place, root.diagnostics);
  if (!place || !map || place.node.kind !== "map") return [];
  return place.node.entries.flatMap(({ key, value }) => {
    const name = key.kind === "scalar" ? String(key.value) : "";
    const path = childPath(place.path, name);
    if (name === "" || name.includes("/")) {
      root.diagnostics.add("invalidSetting", "a plugin's name is a text without slashes", { path, at: key.at });
      return [];
    }
    const plugin = readPlugin(name, { node: value, path }, root.diagnostics);
    return plugin ? [plugin] : [];
  });
}

/** Without `routes`, each plugin is at its own name. */
function routeByName(name: string): RouteConfig {
  const parsed = parseRoutePattern(`/${name}`);
  const pattern =
    "pattern" in parsed ? parsed.pattern : { source: `/${name}`, segments: [{ kind: "literal" as const, text: name }] };
  return { pattern, rules: [{ plugin: name, conditions: [], params: {} }] };
}

function checkReferences(
  plugins: readonly PluginConfig[],
  routes: readonly RouteConfig[] | undefined,
  root: SettingReader,
): void {
  const { diagnostics } = root;
  const pluginsAt = root.take("plugins");
  if (!pluginsAt || (plugins.length === 0 && !diagnostics.refused)) {
    diagnostics.add("noPluginsConfigured", "No plugins configured", {
      path: "$.plugins",
      at: pluginsAt?.node.at ?? root.at,
      hint: "without a plugin no component can be reached: add `plugins: { builtin: { type: builtin } }`",
    });
  }
  if (routes && routes.length === 0) {
    const at = root.take("routes")?.node.at ?? root.at;
    diagnostics.add("noRoutingRulesConfigured", "No routing rules configured", {
      path: "$.routes",
      at,
      hint: "leave `routes` out to have each plugin at `/<its name>`",
    });
  }
  const used = new Set(routes?.flatMap(({ rules }) => rules.map(({ plugin }) => plugin)));
  if (!routes || !pluginsAt || pluginsAt.node.kind !== "map") return;
  for (const { key, value } of pluginsAt.node.entries) {
    const name = key.kind === "scalar" ? String(key.value) : "";
    if (used.has(name)) continue;
    diagnostics.add("unusedPlugin", `Plugin '${name}' is not used by any route`, {
      path: childPath(pluginsAt.path, name),
      at: key.at ?? value.at,
      hint: `add a route: "/${name}": [{ plugin: ${name} }]`,
    });
  }
}
