import type { z } from "zod";
import type { flowDocument, flowPage, flowVariables, storedFlow } from "../../protocol/api/flow.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ApiRequests } from "./api-request.ts";

export type StoredFlow = z.output<typeof storedFlow>;
export type FlowDocument = z.output<typeof flowDocument>;
export type FlowVariables = z.output<typeof flowVariables>;
export type ListedFlow = z.output<typeof flowPage>["flows"][number];

export class FlowClient {
  readonly #api: ApiRequests;

  constructor(api: ApiRequests) {
    this.#api = api;
  }

  /** Stores a flow document; the same document has the same id. With `dryRun` it is only validated. */
  put(flow: JsonObject, options: { readonly name?: string; readonly dryRun?: boolean } = {}): Promise<StoredFlow> {
    return this.#api.json("POST", "/flows", { body: { flow, ...options } });
  }

  get(flowId: string): Promise<FlowDocument> {
    return this.#api.json("GET", `/flows/${encodeURIComponent(flowId)}`);
  }

  variables(flowId: string): Promise<FlowVariables> {
    return this.#api.json("GET", `/flows/${encodeURIComponent(flowId)}/variables`);
  }

  /** Newest first. */
  async *list(options: { readonly name?: string; readonly latestOnly?: boolean } = {}): AsyncGenerator<ListedFlow> {
    for await (const { flows } of this.#api.pages<z.output<typeof flowPage>>("/flows", options)) yield* flows;
  }

  async delete(flowId: string): Promise<void> {
    await this.#api.send("DELETE", `/flows/${encodeURIComponent(flowId)}`);
  }
}
