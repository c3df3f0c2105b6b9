import type { Json } from "../../protocol/json.ts";

/** Compact JSON with the keys of every object in order: equal values (`equalJson`) have the same text. */
export function canonicalJson(json: Json): string {
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(canonicalJson).join(",")}]`;
  const members = Object.entries(json).toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`).join(",")}}`;
}
