import type { Json } from "./json.ts";
import type { TaskError } from "./task-error.ts";

/** What a flow, an item or a step came to. */
export type FlowResult =
  | { readonly outcome: "success"; readonly result: Json }
  | { readonly outcome: "failed"; readonly error: TaskError }
  | { readonly outcome: "skipped" };
export type Outcome = FlowResult["outcome"];
