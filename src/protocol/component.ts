import type { Json } from "./json.ts";

/** One component as a worker describes it. Schemas are JSON Schema. */
export interface ComponentInfo {
  /** Id inside its plugin, with a leading slash: `/eval`. */
  readonly component: string;
  readonly description?: string;
  readonly inputSchema?: Json;
  readonly outputSchema?: Json;
}
