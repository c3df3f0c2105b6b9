import { z } from "zod";
import { defineComponent } from "../../../../src/sdk/index.ts";
import { serverId, uptimeSeconds } from "./server-identity.ts";

export const healthCheck = defineComponent({
  description: "Tells that this worker is there, which instance of it, and for how long.",
  output: z.object({ status: z.literal("healthy"), server_id: z.string(), uptime_seconds: z.int() }),
  execute: () => ({ status: "healthy" as const, server_id: serverId(), uptime_seconds: uptimeSeconds() }),
});
