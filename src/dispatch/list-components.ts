import { COMPONENT_CAPTURE, type RoutePattern } from "../core/config/route-pattern.ts";
import type { RouteRule, StepflowConfig } from "../core/config/stepflow-config.ts";
import type { ComponentInfo } from "../protocol/component.ts";

interface RoutedComponent extends ComponentInfo {
  /** What a flow writes to reach it. */
  readonly path: string;
  readonly plugin: string;
}
export interface ComponentListing {
  /** Sorted by path; each path once, with what a flow reaches there first. */
  readonly components: readonly RoutedComponent[];
  /** False when a plugin could not be asked. */
  readonly complete: boolean;
  readonly failedPlugins: readonly FailedPlugin[];
}
interface FailedPlugin {
  readonly plugin: string;
  /** The routes that lead to it, as configured. */
  readonly routes: readonly string[];
  /** Why it could not be asked. */
  readonly error: string;
}

/**
 * Asks every routed plugin for its components and puts them where the routes put them. A plugin that has not answered when the
 * signal aborts has failed; the others are listed all the same.
 */
export async function listRoutedComponents(
  config: StepflowConfig,
  list: (plugin: string) => Promise<readonly ComponentInfo[]>,
  signal: AbortSignal,
): Promise<ComponentListing> {
  const routed = new Set(config.routes.flatMap(({ rules }) => rules.map(({ plugin }) => plugin)));
  const infos = new Map<string, readonly ComponentInfo[]>();
  const failedPlugins: FailedPlugin[] = [];
  await Promise.all(
    [...routed].map(async (plugin) => {
      try {
        infos.set(plugin, await Promise.race([list(plugin), aborted(signal)]));
      } catch (cause) {
        failedPlugins.push({ plugin, routes: routesTo(plugin, config), error: reasonOf(cause, plugin, signal) });
      }
    }),
  );
  const components = new Map<string, RoutedComponent>();
  for (const { pattern, rules } of config.routes) {
    for (const rule of rules) {
      for (const info of infos.get(rule.plugin) ?? []) {
        const path = pathOf(pattern, rule, info.component);
        if (path !== undefined && !components.has(path)) components.set(path, { ...info, path, plugin: rule.plugin });
      }
    }
  }
  const byName = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return {
    components: [...components.values()].sort((a, b) => byName(a.path, b.path)),
    complete: failedPlugins.length === 0,
    failedPlugins: failedPlugins.sort((a, b) => byName(a.plugin, b.plugin)),
  };
}

/** A worker may hold a handshake longer than whoever asks for the list waits. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Error("aborted"));
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}

function reasonOf(cause: unknown, plugin: string, signal: AbortSignal): string {
  if (signal.aborted) return `plugin '${plugin}' did not answer in time`;
  return cause instanceof Error ? cause.message : `plugin '${plugin}' could not be asked`;
}

function routesTo(plugin: string, { routes }: StepflowConfig): readonly string[] {
  return routes.flatMap(({ pattern, rules }) => (rules.some((rule) => rule.plugin === plugin) ? [pattern.source] : []));
}

/** Where a component is under a route; `undefined` if the rule does not lead to it or the path cannot be told beforehand. */
function pathOf(pattern: RoutePattern, rule: RouteRule, componentId: string): string | undefined {
  if (rule.componentAllow && !rule.componentAllow.includes(componentId)) return undefined;
  if (rule.componentDeny?.includes(componentId)) return undefined;
  const path: string[] = [];
  for (const segment of pattern.segments) {
    switch (segment.kind) {
      case "literal":
        path.push(segment.text);
        break;
      case "param":
      case "rest": {
        // With a template only the bare prefix leads to one certain component.
        if (rule.component !== undefined) {
          return rule.component === componentId && segment.kind === "rest" && segment.optional
            ? `/${path.join("/")}`
            : undefined;
        }
        const id = componentId.slice(1);
        if (segment.name !== COMPONENT_CAPTURE || (segment.kind === "param" && id.includes("/"))) return undefined;
        path.push(id);
        break;
      }
    }
  }
  return `/${path.join("/")}`;
}
