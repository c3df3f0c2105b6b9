import { z } from "zod";
import { defineComponent } from "../../../../src/sdk/index.ts";
import type { CacheEntry } from "./cache-entry.ts";

export const cacheData = defineComponent({
  description: "Stores data as a blob with a time to live; `retrieve_cache` reads it.",
  input: z.object({
    key: z.string().min(1),
    data: z.json(),
    ttl_minutes: z.number().min(0).default(60),
  }),
  output: z.object({ blob_id: z.string(), cache_key: z.string(), expires_at: z.string() }),
  async execute({ key, data, ttl_minutes }, context) {
    const now = Date.now();
    const entry: CacheEntry = {
      data,
      cached_at: new Date(now).toISOString(),
      ttl_minutes,
      expires_at: new Date(now + ttl_minutes * 60_000).toISOString(),
      cache_key: key,
    };
    return { blob_id: await context.putBlob({ ...entry }), cache_key: key, expires_at: entry.expires_at };
  },
});
