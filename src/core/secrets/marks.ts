/**
 * Which places of a value a JSON Schema marks as secret: `is_secret`, `isSecret` or `writeOnly` true, at any depth. A place is
 * marked if any schema that could apply to it marks it, whichever branch of a choice the value takes.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";

export const REDACTED = "[REDACTED]";

const MARKS = ["is_secret", "isSecret", "writeOnly"] as const;
/** Keywords with more schemas for the same value. */
const SAME_VALUE = ["if", "then", "else", "not"] as const;
const CHOICES = ["allOf", "anyOf", "oneOf"] as const;
const NO_SCHEMAS: readonly JsonObject[] = [];

export interface Marks {
  /** The value with `[REDACTED]` in every marked place; `found` is told what stood there, names of members included. */
  mask(value: Json, found?: (secret: Json) => void): Json;
}

/** `undefined`: nothing is marked anywhere in it. `definitions` are added to its `$defs`. */
export function compileMarks(schema: Json | undefined, definitions?: JsonObject): Marks | undefined {
  if (!isObject(schema)) return undefined;
  const own = schema["$defs"];
  const root = definitions ? { ...schema, $defs: { ...definitions, ...(isObject(own) ? own : {}) } } : schema;
  if (!hasMark(root)) return undefined;
  const reader = new MarkReader(root);
  return { mask: (value, found = () => undefined) => reader.mask([root], value, found) };
}

export function isMarked(schema: JsonObject): boolean {
  return MARKS.some((name) => schema[name] === true);
}

export function hasMark(json: Json): boolean {
  if (typeof json !== "object" || json === null) return false;
  return (isObject(json) && isMarked(json)) || Object.values(json).some(hasMark);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

class MarkReader {
  readonly #root: JsonObject;
  readonly #expanded = new Map<JsonObject, readonly JsonObject[]>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  mask(schemas: readonly Json[], value: Json, found: (secret: Json) => void): Json {
    const all = Array.from(new Set(schemas.flatMap((schema) => this.#expand(schema))));
    if (all.length === 0) return value;
    if (all.some(isMarked)) {
      found(value);
      return REDACTED;
    }
    if (Array.isArray(value)) {
      return value.map((child, index) =>
        this.mask(
          all.flatMap((schema) => ofElement(schema, index)),
          child,
          found,
        ),
      );
    }
    if (!isObject(value)) return value;
    const names = all.flatMap((schema) => this.#expand(schema["propertyNames"]));
    const secretNames = names.some(isMarked);
    return Object.fromEntries(
      Object.entries(value).map(([name, child], index) => {
        if (secretNames) found(name);
        const shown = secretNames ? `${REDACTED}${index}` : name;
        return [
          shown,
          this.mask(
            all.flatMap((schema) => ofMember(schema, name)),
            child,
            found,
          ),
        ];
      }),
    );
  }

  /** The schema and all that apply to the same value. */
  #expand(schema: Json | undefined): readonly JsonObject[] {
    if (!isObject(schema)) return NO_SCHEMAS;
    const known = this.#expanded.get(schema);
    if (known) return known;
    const all = new Set<JsonObject>();
    const open: (Json | undefined)[] = [schema];
    while (open.length > 0) {
      const next = open.pop();
      if (!isObject(next) || all.has(next)) continue;
      all.add(next);
      for (const name of ["$ref", "$dynamicRef", "$recursiveRef"]) {
        const reference = next[name];
        if (typeof reference === "string") open.push(...this.#lookUp(reference));
      }
      for (const name of SAME_VALUE) open.push(next[name]);
      for (const name of CHOICES) {
        const branches = next[name];
        if (Array.isArray(branches)) open.push(...branches);
      }
      const { dependentSchemas, dependencies } = next;
      for (const group of [dependentSchemas, dependencies]) if (isObject(group)) open.push(...Object.values(group));
    }
    const list = Array.from(all);
    this.#expanded.set(schema, list);
    return list;
  }

  /** By JSON pointer, or by `$id` / `$anchor`. */
  #lookUp(reference: string): Json[] {
    if (reference === "#") return [this.#root];
    if (!reference.startsWith("#/")) return named(this.#root, reference);
    let at: Json | undefined = this.#root;
    for (const token of reference.slice(2).split("/")) {
      const name = unescapePointer(token);
      if (Array.isArray(at)) at = at[Number(name)];
      else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    return at === undefined ? [] : [at];
  }
}

function unescapePointer(token: string): string {
  const text = token.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function named(json: Json, reference: string): Json[] {
  if (typeof json !== "object" || json === null) return [];
  const here =
    isObject(json) &&
    (json["$id"] === reference ||
      [json["$anchor"], json["$dynamicAnchor"]].some((name) => typeof name === "string" && `#${name}` === reference));
  return [...(here ? [json] : []), ...Object.values(json).flatMap((child) => named(child, reference))];
}

function ofElement(schema: JsonObject, index: number): Json[] {
  const { prefixItems, items, additionalItems, contains, unevaluatedItems } = schema;
  const found: (Json | undefined)[] = [contains];
  for (const tuple of [prefixItems, items]) if (Array.isArray(tuple)) found.push(tuple[index]);
  if (!Array.isArray(items)) found.push(items);
  found.push(additionalItems, unevaluatedItems);
  return found.filter((child) => child !== undefined);
}

function ofMember(schema: JsonObject, name: string): Json[] {
  const { properties, patternProperties, additionalProperties, unevaluatedProperties } = schema;
  const found: (Json | undefined)[] = [];
  if (isObject(properties) && Object.hasOwn(properties, name)) found.push(properties[name]);
  if (isObject(patternProperties)) {
    for (const [pattern, child] of Object.entries(patternProperties)) if (fits(pattern, name)) found.push(child);
  }
  if (found.length === 0) found.push(additionalProperties, unevaluatedProperties);
  return found.filter((child) => child !== undefined);
}

/** A pattern that is no regular expression may fit anything. */
function fits(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, "u").test(name);
  } catch {
    return true;
  }
}
