import type { Json, JsonObject } from "../../src/protocol/json.ts";

/** A step as the generator writes it: canonical spelling, nothing left to normalise. */
export interface StepDocument {
  readonly id: string;
  readonly component: string;
  readonly input?: Json;
  readonly onError?: { readonly action: string; readonly defaultValue?: Json; readonly maxRetries?: number };
  readonly cache?: { readonly key?: Json };
  readonly skip?: Json;
  readonly foreach?: Json;
  readonly mustExecute?: boolean;
  readonly compensate?: Pick<StepDocument, "component" | "input" | "retry">;
  readonly retry?: { readonly maxAttempts: number; readonly on?: readonly string[] };
}

export function stepsOf(flow: JsonObject): readonly StepDocument[] {
  return (flow["steps"] ?? []) as unknown as readonly StepDocument[];
}
