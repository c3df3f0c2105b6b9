import { parsePath } from "../expression/path.ts";
import { type ConfigDiagnostics, childPath } from "./config-diagnostics.ts";
import { toJson } from "./config-document.ts";
import { compareSpecificity, parseRoutePattern } from "./route-pattern.ts";
import { type Located, SettingReader } from "./setting-reader.ts";
import type { RouteCondition, RouteConfig, RouteRule } from "./stepflow-config.ts";

/** Reads `routes`, most specific first; `undefined` if there are none to read. */
export function readRoutes(
  place: Located | undefined,
  pluginNames: ReadonlySet<string>,
  diagnostics: ConfigDiagnostics,
): readonly RouteConfig[] | undefined {
  const map = place && SettingReader.open(place, diagnostics);
  if (!place || !map || place.node.kind !== "map") return undefined;
  const routes: RouteConfig[] = [];
  for (const { key, value } of place.node.entries) {
    const source = key.kind === "scalar" ? String(key.value) : "";
    const path = childPath(place.path, source);
    const parsed = parseRoutePattern(source);
    if ("problem" in parsed) {
      diagnostics.add("invalidRoute", parsed.problem, { path, at: key.at });
      continue;
    }
    // One rule may stand without the list around it.
    const items = value.kind === "list" ? value.items : [value];
    const rules = items.flatMap(
      (node, index) => readRule({ node, path: childPath(path, index) }, pluginNames, diagnostics) ?? [],
    );
    routes.push({ pattern: parsed.pattern, rules });
  }
  return routes.sort((a, b) => compareSpecificity(a.pattern, b.pattern));
}

function readRule(
  place: Located,
  pluginNames: ReadonlySet<string>,
  diagnostics: ConfigDiagnostics,
): RouteRule | undefined {
  const rule = SettingReader.open(place, diagnostics);
  if (!rule) return undefined;
  const plugin = rule.requiredString("plugin", "name the plugin that this route leads to");
  const component = rule.string("component");
  const componentAllow = rule.strings("componentAllow");
  const componentDeny = rule.strings("componentDeny");
  const conditions = readConditions(rule);
  if (plugin === undefined) return undefined;
  if (!pluginNames.has(plugin)) {
    diagnostics.add("invalidRouteReference", `Route references unknown plugin '${plugin}'`, {
      path: `${place.path}.plugin`,
      at: rule.take("plugin")?.node.at ?? place.node.at,
      hint: pluginNames.size > 0 ? `plugins configured: ${[...pluginNames].join(", ")}` : "no plugin is configured",
    });
  }
  return {
    plugin,
    conditions,
    ...(componentAllow && { componentAllow: componentAllow.map(withSlash) }),
    ...(componentDeny && { componentDeny: componentDeny.map(withSlash) }),
    ...(component !== undefined && { component: withSlash(component) }),
    params: Object.fromEntries(rule.rest().map(({ written, node }) => [written, toJson(node)])),
  };
}

function readConditions(rule: SettingReader): readonly RouteCondition[] {
  const place = rule.take("conditions");
  if (!place) return [];
  if (place.node.kind !== "list") {
    rule.diagnostics.add("invalidRoute", "conditions are a list of {path, value}", {
      path: place.path,
      at: place.node.at,
    });
    return [];
  }
  return place.node.items.flatMap((node, index) => {
    const at = { node, path: childPath(place.path, index) };
    const condition = SettingReader.open(at, rule.diagnostics);
    const text = condition?.requiredString("path", 'say what to look at, for example path: "$.model"');
    const value = condition?.json("value") ?? null;
    condition?.finish();
    if (text === undefined) return [];
    const path = parsePath(text);
    if (path.kind === "invalid") {
      rule.diagnostics.add("invalidRoute", path.message, { path: `${at.path}.path`, at: node.at });
      return [];
    }
    return [{ path: path.path, value }];
  });
}

function withSlash(component: string): string {
  return component.startsWith("/") ? component : `/${component}`;
}
