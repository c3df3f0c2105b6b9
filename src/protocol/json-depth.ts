import type { Json } from "./json.ts";

/** How many arrays and objects may lie inside one another, in documents and in request bodies. */
export const MAX_JSON_DEPTH = 128;

/** The same of results: each step may wrap the last one's, and deeper values are lost on the way between objects. */
export const MAX_RESULT_DEPTH = 1_000;

/** Whether more than `limit` arrays and objects lie inside one another. Looks no deeper than `limit` + 1. */
export function isDeeperThan(value: Json, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit <= 0) return true;
  const children = Array.isArray(value) ? value : Object.values(value);
  for (const child of children) {
    if (typeof child === "object" && child !== null && isDeeperThan(child, limit - 1)) return true;
  }
  return false;
}
