/**
 * Patterns of component paths: `*` is one segment, `**` at the end one or more. `/python/*` is `/python/udf`, `/python/**` what lies
 * deeper too, `/python` itself is neither.
 */
export const COMPONENT_PATTERN = /^(?=\/)(?:\/(?:\*|[^/*]+))*(?:\/\*\*)?$/;
export const COMPONENT_PATTERN_FORM =
  "a pattern is a path such as /text/upper, with * for one segment and ** at its end for all below";
/** In one list. */
export const MAX_COMPONENT_PATTERNS = 100;

export function matchesComponent(pattern: string, component: string): boolean {
  const path = component.split("/");
  const parts = pattern.split("/");
  const isDeep = parts.at(-1) === "**";
  const fixed = isDeep ? parts.slice(0, -1) : parts;
  if (isDeep ? path.length <= fixed.length : path.length !== fixed.length) return false;
  if (isDeep && path.slice(fixed.length).every((segment) => segment === "")) return false;
  return fixed.every((part, index) => (part === "*" ? path[index] !== "" : part === path[index]));
}
