import { z } from "zod";

export const health = z
  .object({ status: z.literal("healthy"), timestamp: z.iso.datetime(), version: z.string() })
  .meta({ id: "Health" });
