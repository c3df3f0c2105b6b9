import { z } from "zod";

/** What `cache_data` stores. */
export const cacheEntry = z.object({
  data: z.json(),
  cached_at: z.iso.datetime(),
  ttl_minutes: z.number(),
  expires_at: z.iso.datetime(),
  cache_key: z.string(),
});
export type CacheEntry = z.output<typeof cacheEntry>;
