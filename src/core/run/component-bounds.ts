/** Which components a run, and all that comes of it, may name (SPEC, ALLOW). */
import { matchesComponent } from "../../protocol/component-pattern.ts";
import type { Flow } from "../flow/flow.ts";
import { componentUses } from "../flow/index.ts";

/** Lists of patterns, each of which must have one that matches: a list that is added can only narrow. Empty: no bound. */
export type ComponentBounds = readonly (readonly string[])[];

export interface ForbiddenComponent {
  /** Names component, step and place. */
  readonly message: string;
  /** JSON pointer into the flow. */
  readonly pointer: string;
}

/** Both bounds together; a list that is there already is not added again. */
export function narrowed(bounds: ComponentBounds, more: ComponentBounds): ComponentBounds {
  const known = new Set(bounds.map((list) => JSON.stringify(list)));
  const added = more.filter((list) => !known.has(JSON.stringify(list)));
  return added.length === 0 ? bounds : [...bounds, ...added];
}

export function mayUse(bounds: ComponentBounds, component: string): boolean {
  return bounds.every((list) => list.some((pattern) => matchesComponent(pattern, component)));
}

/** The first component of a flow that the bounds do not let it name. */
export function forbiddenComponent(flow: Flow, bounds: ComponentBounds): ForbiddenComponent | undefined {
  if (bounds.length === 0) return undefined;
  const found = componentUses(flow).find(({ component }) => !mayUse(bounds, component));
  if (!found) return undefined;
  const { component, stepId, pointer } = found;
  return { pointer, message: `${notAllowed(component, bounds)}; step '${stepId}' names it at ${pointer}` };
}

export function notAllowed(component: string, bounds: ComponentBounds): string {
  const broken = bounds.find((list) => !list.some((pattern) => matchesComponent(pattern, component))) ?? [];
  return `the component '${component}' is not among those allowed to this run: ${broken.join(", ") || "none"}`;
}

/** As it is journaled: nothing where there is no bound. */
export function boundsField(bounds: ComponentBounds): { readonly allowComponents?: ComponentBounds } {
  return bounds.length === 0 ? {} : { allowComponents: bounds };
}
