/**
 * The left side of a route. Both dialects become one form: the prefix `/python` is the pattern `/python/{*component}`, and `/`
 * is `/{*component}`.
 */
export interface RoutePattern {
  /** As written in the configuration. */
  readonly source: string;
  readonly segments: readonly PatternSegment[];
}
type PatternSegment =
  | { readonly kind: "literal"; readonly text: string }
  /** `{name}`: exactly one segment. */
  | { readonly kind: "param"; readonly name: string }
  /** `{*name}`: one or more segments, always last. `optional` at the end of a plain prefix: it matches the bare prefix too. */
  | { readonly kind: "rest"; readonly name: string; readonly optional?: true };

/** The capture that names the component. */
export const COMPONENT_CAPTURE = "component";

/** Reads a key of `routes`; `problem` says in one sentence why it cannot be one. */
export function parseRoutePattern(source: string): { readonly pattern: RoutePattern } | { readonly problem: string } {
  if (!source.startsWith("/")) return { problem: `a route starts with "/", for example "/${source}"` };
  const texts = source.split("/").slice(1);
  if (texts.at(-1) === "") texts.pop();
  const segments: PatternSegment[] = [];
  const names = new Set<string>();
  for (const [index, text] of texts.entries()) {
    if (text === "") return { problem: `the route "${source}" has an empty segment ("//")` };
    const capture = /^\{(\*?)([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text);
    if (!capture) {
      if (/[{}]/.test(text))
        return { problem: `"${text}" is neither a name nor a capture such as {component} or {*component}` };
      segments.push({ kind: "literal", text });
      continue;
    }
    const [, star, name = ""] = capture;
    if (names.has(name)) return { problem: `the capture {${name}} occurs twice in "${source}"` };
    names.add(name);
    if (star && index < texts.length - 1)
      return { problem: `{*${name}} takes the rest of the path and must come last` };
    segments.push({ kind: star ? "rest" : "param", name });
  }
  if (names.size === 0) segments.push({ kind: "rest", name: COMPONENT_CAPTURE, optional: true });
  return { pattern: { source, segments } };
}

/** What the pattern captures from a component path, or `undefined` if it does not match. Captured text has no leading slash. */
export function matchRoutePattern(
  pattern: RoutePattern,
  path: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const captures = new Map<string, string>();
  for (const [index, segment] of pattern.segments.entries()) {
    const text = path[index];
    if (text === undefined || text === "") {
      const bare = segment.kind === "rest" && segment.optional && text === undefined;
      return bare ? captures : undefined;
    }
    switch (segment.kind) {
      case "literal":
        if (segment.text !== text) return undefined;
        break;
      case "param":
        captures.set(segment.name, text);
        break;
      case "rest":
        captures.set(segment.name, path.slice(index).join("/"));
        return captures;
    }
  }
  return path.length === pattern.segments.length ? captures : undefined;
}

const RANK = { literal: 0, param: 1, rest: 2 } as const;

/** Orders patterns so that the more specific one is tried first: segment by segment, literal before `{x}` before `{*x}`. */
export function compareSpecificity(a: RoutePattern, b: RoutePattern): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index++) {
    const left = a.segments[index];
    const right = b.segments[index];
    if (!left || !right) return left ? -1 : 1;
    const difference = RANK[left.kind] - RANK[right.kind];
    if (difference !== 0) return difference;
  }
  return 0;
}
