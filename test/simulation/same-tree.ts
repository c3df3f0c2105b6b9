/**
 * Deep comparison of two states, without writing them down: they are compared after every append, and mostly equal. Plans are
 * compared by identity of their flow; absent and `undefined` are the same, as they are in a snapshot.
 */
import type { RunTree } from "../../src/core/run/state.ts";

/** Where they differ first; `undefined` if they do not. */
export function firstDifference(a: RunTree, b: RunTree): string | undefined {
  return differ(a, b, "tree");
}

function differ(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return told(a, b, path);
  if (a instanceof Map) return b instanceof Map ? differentMaps(a, b, path) : told(a, b, path);
  if (a instanceof Set) return differentLists([...a], b instanceof Set ? [...b] : [], path);
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    return differentLists(a as ArrayLike<unknown>, b as ArrayLike<unknown>, path);
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of Object.keys(left)) {
    if (key === "plan") {
      const [mine, other] = [left[key], right[key]] as { readonly flowId: string }[];
      if (mine?.flowId !== other?.flowId) return told(mine?.flowId, other?.flowId, `${path}.plan`);
      continue;
    }
    if (Object.is(left[key], right[key])) continue;
    if (key === "waits") {
      const found = differentMaps(byName(left[key]), byName(right[key]), `${path}.waits`);
      if (found) return found;
      continue;
    }
    const found = differ(left[key], right[key], `${path}.${key}`);
    if (found) return found;
  }
  for (const key of Object.keys(right)) {
    if (left[key] === undefined && right[key] !== undefined) return told(undefined, right[key], `${path}.${key}`);
  }
  return undefined;
}

/** Which name was waited for first decides nothing; who waits first for one name does. */
function byName(waits: unknown): ReadonlyMap<unknown, unknown> {
  return new Map([...(waits as RunTree["waits"])].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function differentLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>, path: string): string | undefined {
  if (a.length !== b.length) return told(a.length, b.length, `${path}.length`);
  for (let index = 0; index < a.length; index++) {
    if (Object.is(a[index], b[index])) continue;
    const found = differ(a[index], b[index], `${path}[${index}]`);
    if (found) return found;
  }
  return undefined;
}

/** In the order of insertion: it decides what is taken up first. */
function differentMaps(
  a: ReadonlyMap<unknown, unknown>,
  b: ReadonlyMap<unknown, unknown>,
  path: string,
): string | undefined {
  if (a.size !== b.size) return told(a.size, b.size, `${path}.size`);
  const others = b.entries();
  for (const [key, value] of a) {
    const [otherKey, other] = others.next().value ?? [];
    const found = differ(key, otherKey, `${path}.key`) ?? differ(value, other, `${path}.${String(key)}`);
    if (found) return found;
  }
  return undefined;
}

function told(a: unknown, b: unknown, path: string): string {
  return `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`;
}
