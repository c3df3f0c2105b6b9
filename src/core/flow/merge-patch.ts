import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "./field-reader.ts";

/** RFC 7396: objects merge key by key, `null` removes a key, everything else replaces. New keys come last. Changes nothing in place. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key) ?? null, value));
  }
  return Object.fromEntries(merged) satisfies JsonObject;
}
