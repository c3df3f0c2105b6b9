import { type Routed, routeComponent } from "../core/config/route-component.ts";
import type { PluginConfig, StepflowConfig } from "../core/config/stepflow-config.ts";
import type { ComponentResolver, Resolution } from "../core/ports/component-resolver.ts";
import type { Json } from "../protocol/json.ts";
import { findBuiltin } from "./builtin/index.ts";
import { MockPlugin } from "./mock.ts";

/** Paths come from flows: the cache is emptied rather than let grow. */
const MAX_CACHED = 4096;

/** Resolves component paths by a configuration. Resolutions that no route condition touches are kept. */
export class ConfigComponentResolver implements ComponentResolver {
  readonly #config: StepflowConfig;
  readonly #plugins: ReadonlyMap<string, PluginConfig>;
  readonly #mocks: ReadonlyMap<string, MockPlugin>;
  readonly #resolved = new Map<string, Resolution>();

  constructor(config: StepflowConfig) {
    this.#config = config;
    this.#plugins = new Map(config.plugins.map((plugin) => [plugin.name, plugin]));
    this.#mocks = new Map(
      config.plugins.flatMap((plugin) => (plugin.kind === "mock" ? [[plugin.name, new MockPlugin(plugin)]] : [])),
    );
  }

  resolve(path: string, input: Json): Resolution {
    const cached = this.#resolved.get(path);
    if (cached) return cached;
    const { routed, dependsOnInput } = routeComponent(this.#config, path, input, (plugin, id) =>
      this.#knows(plugin, id),
    );
    const resolution = this.#toResolution(routed);
    if (!dependsOnInput) {
      if (this.#resolved.size >= MAX_CACHED) this.#resolved.clear();
      this.#resolved.set(path, resolution);
    }
    return resolution;
  }

  /** Remote plugins may have any component: the worker itself says COMPONENT_NOT_FOUND. */
  #knows(name: string, componentId: string): boolean {
    const kind = this.#plugins.get(name)?.kind;
    if (kind === "builtin") return findBuiltin(componentId) !== undefined;
    if (kind === "mock") return this.#mocks.get(name)?.component(componentId) !== undefined;
    return true;
  }

  #toResolution(routed: Routed): Resolution {
    if (routed.kind === "unroutable") return unroutable(routed.reason);
    const { componentId, pathParams } = routed;
    const plugin = this.#plugins.get(routed.plugin);
    if (!plugin) return unroutable(`plugin '${routed.plugin}' is not configured`);
    const mock = this.#mocks.get(plugin.name)?.component(componentId);
    if (mock) return { kind: "inline", componentId, component: mock };
    const builtin = plugin.kind === "builtin" ? findBuiltin(componentId) : undefined;
    if (builtin && builtin.kind !== "call") {
      switch (builtin.kind) {
        case "inline":
          return { kind: "inline", componentId, component: builtin };
        case "sleep":
          return { kind: "sleep", componentId, component: builtin };
        case "sub_run":
          return { kind: "sub_run", componentId, component: builtin };
        case "wait":
          return { kind: "wait", componentId, component: builtin };
      }
    }
    return {
      kind: "call",
      componentId,
      plugin: plugin.name,
      ...(Object.keys(pathParams).length > 0 && { pathParams }),
      ...(plugin.timeoutMs !== undefined && { timeoutMs: plugin.timeoutMs }),
    };
  }
}

function unroutable(reason: string): Resolution {
  const message = "error routing component";
  return {
    kind: "unroutable",
    error: { code: "ORCHESTRATOR_ERROR", message, data: { stack: [{ error: message }, { error: reason }] } },
  };
}
