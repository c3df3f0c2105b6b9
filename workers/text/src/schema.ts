/**
 * One declaration per component input or output: it is the JSON Schema shown to the orchestrator, the reader that checks
 * a value and fills defaults, and (inferred) the TypeScript type. Only what the components here need.
 */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** What is wrong with a value; `pointer` is a JSON Pointer (RFC 6901) into it, empty for the whole value. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

export interface Schema<T> {
  readonly json: JsonObject;
  /** False: the field may be left out of its object. */
  readonly required: boolean;
  /** Adds every fault it meets to `faults`; the result counts only if it added none. */
  read(value: unknown, pointer: string, faults: Fault[]): T;
}
type Infer<S> = S extends Schema<infer T> ? T : never;

/** A value read by its schema: either sound, defaults filled in, or the list of all its faults. */
export type Reading<T> =
  | { readonly kind: "sound"; readonly value: T }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

export function readWith<T>(schema: Schema<T>, value: unknown): Reading<T> {
  const faults: Fault[] = [];
  const read = schema.read(value, "", faults);
  return faults.length === 0 ? { kind: "sound", value: read } : { kind: "faulty", faults };
}

interface Described {
  readonly description?: string;
}

export function string(options: Described & { readonly minLength?: number } = {}): Schema<string> {
  return leaf({ type: "string", ...options }, "", (value) => {
    if (typeof value !== "string") return `must be a string, not ${nameOf(value)}`;
    if (value.length < (options.minLength ?? 0)) return "must not be empty";
    return { value };
  });
}

/** One of the given words. */
export function choice<const W extends string>(words: readonly [W, ...W[]], options: Described = {}): Schema<W> {
  const [first] = words;
  return leaf({ type: "string", enum: words, ...options }, first, (value) => {
    const word = words.find((candidate) => candidate === value);
    return word === undefined ? `must be one of ${words.join(", ")}, not ${JSON.stringify(value)}` : { value: word };
  });
}

export function boolean(options: Described = {}): Schema<boolean> {
  return leaf({ type: "boolean", ...options }, false, (value) =>
    typeof value === "boolean" ? { value } : `must be true or false, not ${nameOf(value)}`,
  );
}

interface Range extends Described {
  readonly minimum?: number;
  readonly maximum?: number;
}

export function number(options: Range = {}): Schema<number> {
  return leaf({ type: "number", ...options }, 0, (value) =>
    typeof value === "number" ? inRange(value, options) : `must be a number, not ${nameOf(value)}`,
  );
}

export function integer(options: Range = {}): Schema<number> {
  return leaf({ type: "integer", ...options }, 0, (value) =>
    Number.isSafeInteger(value) ? inRange(Number(value), options) : `must be a whole number, not ${nameOf(value)}`,
  );
}

/** Any JSON value, unchecked. */
export function anything(options: Described = {}): Schema<Json> {
  return {
    json: { ...options },
    required: true, // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- values come from JSON.parse
    read: (value) => value as Json,
  };
}

export function array<T>(
  item: Schema<T>,
  options: Described & { readonly maxItems?: number } = {},
): Schema<readonly T[]> {
  const { maxItems = Number.POSITIVE_INFINITY } = options;
  return {
    json: { type: "array", items: item.json, ...options },
    required: true,
    read(value, pointer, faults) {
      if (!Array.isArray(value)) {
        faults.push({ pointer, message: `must be an array, not ${nameOf(value)}` });
        return [];
      }
      if (value.length > maxItems) {
        faults.push({ pointer, message: `has ${value.length} elements, at most ${maxItems} are allowed` });
        return [];
      }
      return value.map((element, index) => item.read(element, `${pointer}/${index}`, faults));
    },
  };
}

/** An object whose keys are free. */
export function record<T>(item: Schema<T>, options: Described = {}): Schema<Readonly<Record<string, T>>> {
  return {
    json: { type: "object", additionalProperties: item.json, ...options },
    required: true,
    read(value, pointer, faults) {
      if (!isJsonObject(value)) {
        faults.push({ pointer, message: `must be an object, not ${nameOf(value)}` });
        return {};
      }
      const entries = Object.entries(value).map(
        ([key, field]) => [key, item.read(field, pointerTo(pointer, key), faults)] as const,
      );
      return Object.fromEntries(entries);
    },
  };
}

type Fields = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

/**
 * An object with known fields. `extra: "refuse"` (the default) faults unknown fields, so that a misspelt option is not
 * ignored; `"ignore"` drops them, for data that other components made.
 */
export function object<F extends Fields>(
  fields: F,
  options: Described & { readonly extra?: "refuse" | "ignore" } = {},
): Schema<ObjectOf<F>> {
  const { extra = "refuse", ...described } = options;
  const names = Object.keys(fields);
  return {
    json: {
      type: "object",
      properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.json])),
      required: names.filter((name) => fields[name]?.required),
      ...(extra === "refuse" ? { additionalProperties: false } : {}),
      ...described,
    },
    required: true,
    read(value, pointer, faults) {
      const given = isJsonObject(value) ? value : {};
      if (given !== value) faults.push({ pointer, message: `must be an object, not ${nameOf(value)}` });
      const unknown = extra === "refuse" ? Object.keys(given).filter((key) => !Object.hasOwn(fields, key)) : [];
      for (const key of unknown) {
        faults.push({ pointer: pointerTo(pointer, key), message: `unknown field; known are ${names.join(", ")}` });
      }
      const entries = Object.entries(fields).map(([name, field]) => {
        const at = pointerTo(pointer, name);
        if (Object.hasOwn(given, name)) return [name, field.read(given[name], at, faults)] as const;
        if (field.required && given === value) faults.push({ pointer: at, message: "is required" });
        return [name, field.required ? undefined : field.read(undefined, at, faults)] as const;
      });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field was read by its own schema
      return Object.fromEntries(entries) as ObjectOf<F>;
    },
  };
}

/** A field that may be left out (or null); its value is then `undefined`. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return {
    json: schema.json,
    required: false,
    read: (value, pointer, faults) =>
      value === undefined || value === null ? undefined : schema.read(value, pointer, faults),
  };
}

/** A field that may be left out (or null); its value is then `fallback`. */
export function withDefault<T extends Json>(schema: Schema<T>, fallback: T): Schema<T> {
  return {
    json: { ...schema.json, default: fallback },
    required: false,
    read: (value, pointer, faults) =>
      value === undefined || value === null ? fallback : schema.read(value, pointer, faults),
  };
}

/** A value that may be null. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    json: { anyOf: [schema.json, { type: "null" }] },
    required: true,
    read: (value, pointer, faults) => (value === null ? null : schema.read(value, pointer, faults)),
  };
}

function leaf<T>(
  json: JsonObject,
  placeholder: T,
  check: (value: unknown) => { readonly value: T } | string,
): Schema<T> {
  return {
    json,
    required: true,
    read(value, pointer, faults) {
      const checked = check(value);
      if (typeof checked !== "string") return checked.value;
      faults.push({ pointer, message: checked });
      return placeholder;
    },
  };
}

function inRange(value: number, { minimum, maximum }: Range): { readonly value: number } | string {
  if (minimum !== undefined && value < minimum) return `must be at least ${minimum}, not ${value}`;
  if (maximum !== undefined && value > maximum) return `must be at most ${maximum}, not ${value}`;
  return { value };
}

function pointerTo(parent: string, key: string): string {
  return `${parent}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
