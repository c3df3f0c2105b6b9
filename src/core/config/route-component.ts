import type { Json, JsonObject } from "../../protocol/json.ts";
import { formatPath, valueAt } from "../expression/path.ts";
import { equalJson } from "../json/equal-json.ts";
import { COMPONENT_CAPTURE, matchRoutePattern } from "./route-pattern.ts";
import type { RouteRule, StepflowConfig } from "./stepflow-config.ts";

export type Routed =
  | {
      readonly kind: "routed";
      readonly plugin: string;
      readonly componentId: string;
      readonly pathParams: JsonObject;
      readonly params: JsonObject;
    }
  /** `reason`: one sentence that names the path. */
  | { readonly kind: "unroutable"; readonly reason: string };

/** `dependsOnInput`: another input may lead elsewhere, so the answer must not be kept. */
export interface Routing {
  readonly routed: Routed;
  readonly dependsOnInput: boolean;
}

/**
 * Finds the plugin and the component id behind a component path. `knows` says whether a plugin has a component, where that is
 * known beforehand (builtins and mocks); a rule whose plugin does not know it is passed over.
 */
export function routeComponent(
  config: StepflowConfig,
  path: string,
  input: Json,
  knows: (plugin: string, componentId: string) => boolean,
): Routing {
  const segments = path.startsWith("/") ? path.slice(1).split("/") : [];
  const passedOver: string[] = [];
  let dependsOnInput = false;
  const unroutable = (reason: string): Routing => ({ routed: { kind: "unroutable", reason }, dependsOnInput });

  for (const { pattern, rules } of config.routes) {
    const captures = segments.length > 0 ? matchRoutePattern(pattern, segments) : undefined;
    if (!captures) continue;
    for (const rule of rules) {
      if (rule.conditions.length > 0) dependsOnInput = true;
      const verdict = checkConditions(rule, input);
      if (verdict.kind === "unreadable") {
        return unroutable(
          `a condition of route "${pattern.source}" looks at ${verdict.path}, which the input of '${path}' does not have`,
        );
      }
      if (verdict.kind === "no") {
        passedOver.push(`a condition of route "${pattern.source}" does not hold`);
        continue;
      }
      const componentId = componentOf(rule, captures, segments);
      if (componentId === undefined) continue;
      if (!isLetThrough(rule, componentId)) {
        passedOver.push(`route "${pattern.source}" does not allow '${componentId}' of plugin '${rule.plugin}'`);
        continue;
      }
      if (!knows(rule.plugin, componentId)) {
        passedOver.push(`plugin '${rule.plugin}' has no component '${componentId}'`);
        continue;
      }
      const pathParams = Object.fromEntries([...captures].filter(([name]) => name !== COMPONENT_CAPTURE));
      return {
        routed: { kind: "routed", plugin: rule.plugin, componentId, pathParams, params: rule.params },
        dependsOnInput,
      };
    }
  }
  if (passedOver.length > 0) return unroutable(`no route leads to component '${path}': ${passedOver.join("; ")}`);
  const known = config.routes.map(({ pattern }) => pattern.source).join(", ");
  return unroutable(`no route matches component '${path}' (routes: ${known === "" ? "none" : known})`);
}

type ConditionVerdict =
  | { readonly kind: "yes" }
  | { readonly kind: "no" }
  | { readonly kind: "unreadable"; readonly path: string };

function checkConditions(rule: RouteRule, input: Json): ConditionVerdict {
  for (const { path, value } of rule.conditions) {
    const found = valueAt(input, path);
    if (found === undefined) return { kind: "unreadable", path: formatPath(path) };
    if (!equalJson(found, value)) return { kind: "no" };
  }
  return { kind: "yes" };
}

function isLetThrough(rule: RouteRule, componentId: string): boolean {
  if (rule.componentAllow && !rule.componentAllow.includes(componentId)) return false;
  return !rule.componentDeny?.includes(componentId);
}

/** The rule's template filled in, or what the pattern captured; for a bare multi-segment prefix its last segment. */
function componentOf(
  rule: RouteRule,
  captures: ReadonlyMap<string, string>,
  segments: readonly string[],
): string | undefined {
  if (rule.component !== undefined) {
    return rule.component.replace(
      /\{\*?([A-Za-z_][A-Za-z0-9_]*)\}/g,
      (whole, name: string) => captures.get(name) ?? whole,
    );
  }
  const captured =
    captures.get(COMPONENT_CAPTURE) ??
    [...captures.values()].at(-1) ??
    (segments.length > 1 ? segments.at(-1) : undefined);
  return captured === undefined ? undefined : `/${captured}`;
}
