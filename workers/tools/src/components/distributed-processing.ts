import { z } from "zod";
import { defineComponent } from "../../../../src/sdk/index.ts";
import { serverId } from "./server-identity.ts";

export const distributedProcessing = defineComponent({
  description: "Stamps a task's data with the instance of this worker that has handled it, to see how work spreads.",
  input: z.object({
    task_id: z.string(),
    data: z.record(z.string(), z.json()),
    processing_mode: z.string().default("standard"),
    priority: z.int().default(1),
  }),
  output: z.object({
    task_id: z.string(),
    result: z.record(z.string(), z.json()),
    processing_time_ms: z.int(),
    server_id: z.string(),
    session_id: z.string().optional(),
  }),
  execute({ task_id, data, processing_mode, priority }) {
    const startedAt = Date.now();
    const server = serverId();
    const result = {
      original_data: data,
      processed_by: server,
      task_id,
      mode: processing_mode,
      priority,
      timestamp: startedAt / 1_000,
    };
    return {
      task_id,
      result,
      processing_time_ms: Date.now() - startedAt,
      server_id: server,
      session_id: crypto.randomUUID(),
    };
  },
});
