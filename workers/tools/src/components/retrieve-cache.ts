import { z } from "zod";
import { ComponentError, defineComponent, type StepflowContext } from "../../../../src/sdk/index.ts";
import { type CacheEntry, cacheEntry } from "./cache-entry.ts";

export const retrieveCache = defineComponent({
  description:
    "Reads what `cache_data` has stored. A blob that does not exist or is no cache entry is not found; an expired one has no data.",
  input: z.object({ blob_id: z.string() }),
  output: z.object({
    found: z.boolean(),
    data: z.json().optional(),
    is_expired: z.boolean(),
    cached_at: z.string().optional(),
  }),
  async execute({ blob_id }, context) {
    const entry = await readEntry(blob_id, context);
    if (entry === undefined) return { found: false, is_expired: false };
    const isExpired = Date.now() > Date.parse(entry.expires_at);
    return {
      found: true,
      ...(isExpired ? {} : { data: entry.data }),
      is_expired: isExpired,
      cached_at: entry.cached_at,
    };
  },
});

async function readEntry(blobId: string, context: StepflowContext): Promise<CacheEntry | undefined> {
  try {
    return cacheEntry.safeParse(await context.getBlob(blobId)).data;
  } catch (error) {
    // Only "there is none" is an answer; a store that cannot be reached is worth another try.
    if (error instanceof ComponentError && error.code === "COMPONENT_FAILED") return undefined;
    throw error;
  }
}
