import type { StepflowConfig } from "../../core/config/index.ts";
import { routeComponent } from "../../core/config/route-component.ts";
import { nearestName } from "../../core/diagnostics/index.ts";
import type { CatalogEntry, ComponentCatalog } from "../../core/types/index.ts";
import type { ComponentList } from "../client/api-client.ts";

/** What an orchestrator lists, as the type checker asks for it; for the rest, why it is not known. */
export function componentCatalog(list: ComponentList, config: StepflowConfig): ComponentCatalog {
  const byPath = new Map(list.components.map((component) => [component.path, component]));
  return {
    find(path): CatalogEntry {
      const component = byPath.get(path);
      if (component === undefined) return whyUnknown(path, list, config);
      const { inputSchema, outputSchema } = component;
      return {
        kind: "known",
        ...(inputSchema !== undefined && { inputSchema }),
        ...(outputSchema !== undefined && { outputSchema }),
      };
    },
  };
}

function whyUnknown(path: string, list: ComponentList, config: StepflowConfig): CatalogEntry {
  const { routed } = routeComponent(config, path, {}, () => true);
  // A route with conditions depends on the input; the step may be right all the same.
  const plugin = routed.kind === "routed" ? routed.plugin : undefined;
  const failure = list.failedPlugins.find((failed) => failed.plugin === plugin);
  if (failure !== undefined) {
    return {
      kind: "unknown",
      reason: `the plugin '${failure.plugin}' that has the component '${path}' does not answer`,
      hint: `Start its worker and check again: ${failure.error}`,
    };
  }
  const near = nearestName(
    path,
    list.components.map((component) => component.path),
  );
  const advice = near === undefined ? "Look at the others with stepflow list-components" : `Did you mean '${near}'?`;
  return {
    kind: "unknown",
    reason:
      plugin === undefined
        ? `no route leads to the component '${path}'`
        : `the plugin '${plugin}' does not list the component '${path}'`,
    hint: `${advice}${near === undefined ? ", or give" : " Otherwise give"} its result a schema under schemas.properties.steps.`,
  };
}
