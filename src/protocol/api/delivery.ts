import { z } from "zod";
import { blobIdSchema, nextCursor, offsetCursor, runIdSchema } from "./identifier.ts";
import { pageLimit } from "./query-value.ts";
import { triggerName } from "./trigger.ts";

const time = z.iso.datetime();
const status = z.enum(["received", "accepted", "filtered", "refused", "failed"]).meta({
  description: "`received`: its run is being started. `refused`: not let in. `failed`: let in, but it started nothing.",
});
const deliveryId = z
  .string()
  .min(1)
  .max(100)
  .meta({ examples: ["0b1f4f5e-7a55-4c1e-9b39-1f3a4d7f9b6c"] });

const deliveryFields = {
  deliveryId,
  receivedAt: time,
  status,
  reason: z.string().optional(),
  key: z.string().optional().meta({ description: "What makes it the same as another." }),
  runId: runIdSchema.optional(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.record(z.string(), z.string()).meta({ description: "Without those that hold secrets." }),
  bodyBytes: z.int(),
  repeats: z.int().meta({ description: "How often the same came again." }),
  redeliveryOf: deliveryId.optional(),
};

export const listedDelivery = z.object(deliveryFields).meta({ id: "Delivery" });
export const deliveryDetail = z
  .object({
    ...deliveryFields,
    body: z.string().optional().meta({ description: "Where it is text." }),
    bodyBase64: z.string().optional(),
    bodyBlob: blobIdSchema.optional().meta({ description: "Where it is long." }),
  })
  .meta({ id: "DeliveryDetail" });
export const deliveryPage = z
  .object({
    deliveries: z.array(listedDelivery),
    counts: z
      .object({ accepted: z.int(), filtered: z.int(), refused: z.int(), failed: z.int() })
      .meta({ description: "Of all times." }),
    nextCursor,
  })
  .meta({ id: "DeliveryPage" });
export const deliveryParams = z.object({ name: triggerName, deliveryId });
export const listDeliveriesQuery = z.object({
  status: status.optional(),
  limit: pageLimit,
  cursor: offsetCursor.optional(),
});
