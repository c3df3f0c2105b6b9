import { z } from "zod";
import type { Json, JsonObject } from "../json.ts";

/**
 * Any JSON value. It checks nothing: what it is applied to has come out of a JSON parser, so only the type is missing.
 * (A recursive schema would walk every input a second time.)
 */
export const jsonValue = z.unknown().meta({ description: "Any JSON value." }) as unknown as z.ZodType<Json>;

/** A JSON object with free keys, kept as parsed: key order and `__proto__` keys survive. */
export const jsonObject = z
  .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
    error: "expected an object",
  })
  .meta({ type: "object", additionalProperties: true });
