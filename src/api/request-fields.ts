/**
 * From what a caller sent to what a schema expects: snake_case names become camelCase, unknown names become warnings, and what
 * the schema refuses becomes faults with a JSON pointer (body), `?name` (query) or the header's name.
 */
import { z } from "zod";
import { nearestName } from "../core/diagnostics/index.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import type { JsonObject } from "../protocol/json.ts";

export type FieldPlace = "body" | "query" | "header" | "path";
export type Checked<T> =
  | { readonly kind: "valid"; readonly value: T; readonly warnings: readonly RequestFault[] }
  | { readonly kind: "invalid"; readonly faults: readonly RequestFault[] };

/** An optional field that is there has a value: JSON has no `undefined`, and the schema adds none. */
export type Fields<S extends z.ZodType> = { [Name in keyof z.output<S>]: Exclude<z.output<S>[Name], undefined> };

/** Checks the fields of an object against a schema. Unknown fields are ignored with a warning, never refused. */
export function checkFields<S extends z.ZodObject>(
  schema: S,
  fields: Iterable<readonly [string, unknown]>,
  place: FieldPlace,
): Checked<Fields<S>> {
  const known = Object.keys(schema.shape);
  const named = new Map<string, unknown>();
  const warnings: RequestFault[] = [];
  const faults: RequestFault[] = [];
  for (const [name, value] of fields) {
    const field = known.includes(name) ? name : camelCase(name);
    if (!known.includes(field)) {
      const near = nearestName(name, known);
      const hint = near === undefined ? "" : `; did you mean "${near}"?`;
      warnings.push({ pointer: pointerTo(place, [name]), message: `Unknown and ignored${hint || "."}` });
    } else if (named.has(field)) {
      faults.push({ pointer: pointerTo(place, [name]), message: `"${field}" is given twice.` });
    } else {
      named.set(field, value);
    }
  }
  if (faults.length > 0) return { kind: "invalid", faults };
  const result = schema.safeParse(Object.fromEntries(named));
  if (result.success) return { kind: "valid", value: result.data as Fields<S>, warnings };
  return {
    kind: "invalid",
    faults: result.error.issues.map((issue) => ({ pointer: pointerTo(place, issue.path), message: issue.message })),
  };
}

/** A query's parameters by name: a list for those of which the schema takes several. */
export function queryFields(schema: z.ZodObject, query: URLSearchParams): [string, unknown][] {
  return Array.from(new Set(query.keys()), (name) => {
    const values = query.getAll(name);
    const field: unknown = schema.shape[name] ?? schema.shape[camelCase(name)];
    const inner: unknown = field instanceof z.ZodOptional ? field.unwrap() : field;
    return [name, inner instanceof z.ZodArray || values.length > 1 ? values : values[0]];
  });
}

/** The faults of a body that is no object at all. */
export function isFields(body: unknown): body is JsonObject {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

function pointerTo(place: FieldPlace, path: readonly PropertyKey[]): string {
  const steps = path.map((step) => String(step).replaceAll("~", "~0").replaceAll("/", "~1"));
  return place === "body" ? `/${steps.join("/")}` : `${place === "query" ? "?" : ""}${steps.join("/")}`;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
