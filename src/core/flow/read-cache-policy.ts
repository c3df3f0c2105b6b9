import type { JsonObject } from "../../protocol/json.ts";
import type { Expression } from "../expression/index.ts";
import { FieldReader, type Found, type Report } from "./field-reader.ts";
import type { CachePolicy } from "./flow.ts";
import { CACHE_FIELDS } from "./known-fields.ts";
import { readDuration } from "./read-duration.ts";

const SCOPES: readonly CachePolicy["scope"][] = ["flow", "global"];
const MAX_TTL_DAYS = 366;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Reads a step's `cache`; `undefined` (and a fatal report) without a usable `ttl`. */
export function readCachePolicy(
  source: Found<JsonObject> | undefined,
  report: Report,
  expression: (found: Found) => Expression,
): CachePolicy | undefined {
  if (source === undefined) return undefined;
  const fields = new FieldReader(source, CACHE_FIELDS, report);
  const ttl = fields.get("ttl");
  if (ttl === undefined) {
    report("missingField", "A cache needs 'ttl': how long a result may be used again", source.at, {
      hint: 'For example cache: { ttl: "1h" }.',
    });
  }
  const ttlMs = readDuration(ttl, report);
  if (ttl !== undefined && ttlMs !== undefined && ttlMs > MAX_TTL_DAYS * DAY_MS) {
    report("invalidValue", `'ttl' is longer than ${MAX_TTL_DAYS} days`, ttl.at, {
      hint: "A result is kept for a year at most; store it as a blob to keep it longer.",
    });
  }
  const key = fields.get("key");
  const scope = readScope(fields, report);
  if (ttlMs === undefined) return undefined;
  return { ttlMs, ...(key && { key: expression(key) }), scope };
}

function readScope(fields: FieldReader<typeof CACHE_FIELDS>, report: Report): CachePolicy["scope"] {
  const written = fields.string("scope");
  if (written === undefined) return "flow";
  const scope = SCOPES.find((known) => known === written);
  if (scope !== undefined) return scope;
  report("invalidValue", `Unknown scope '${written}'`, fields.get("scope")?.at ?? [], {
    hint: "One of flow (runs of this flow share results), global (all flows of the namespace do).",
  });
  return "flow";
}
