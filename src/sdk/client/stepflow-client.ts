import type { z } from "zod";
import type { componentList } from "../../protocol/api/component.ts";
import type { RunEventMessage } from "../../protocol/event.ts";
import type { Json } from "../../protocol/json.ts";
import { BlobApi } from "../blob-api.ts";
import { ApiRequests, type ClientOptions } from "./api-request.ts";
import { FlowClient } from "./flow-client.ts";
import { RunClient } from "./run-client.ts";
import { type EventOptions, runEvents } from "./run-events.ts";
import { SignalClient } from "./signal-client.ts";
import { apiErrorOf } from "./stepflow-api-error.ts";

export type ComponentList = z.output<typeof componentList>;

/** A client of one orchestrator's REST API. Refusals are StepflowApiErrors; nothing is retried but lost event streams. */
export class StepflowClient {
  readonly flows: FlowClient;
  readonly runs: RunClient;
  readonly signals: SignalClient;
  readonly blobs: BlobClient;
  readonly #api: ApiRequests;

  /** `url`: the orchestrator's address, with or without `/api/v1`. */
  constructor(url: string, token?: string, options: ClientOptions = {}) {
    this.#api = new ApiRequests(url, token, options);
    this.flows = new FlowClient(this.#api);
    this.runs = new RunClient(this.#api);
    this.signals = new SignalClient(this.#api);
    this.blobs = new BlobClient(this.#api);
  }

  /** `for await (const event of client.events(runId))`: ends after the run's `run_completed`. */
  events(runId: string, options: EventOptions = {}): AsyncGenerator<RunEventMessage> {
    return runEvents(this.#api, runId, options);
  }

  /** What the routes of the configuration reach, and which workers could not be asked. */
  components(options: { readonly excludeSchemas?: boolean } = {}): Promise<ComponentList> {
    return this.#api.json("GET", "/components", { query: options });
  }
}

class BlobClient {
  readonly #blobs: BlobApi;

  constructor(api: ApiRequests) {
    this.#blobs = new BlobApi({
      url: `${api.base}/blobs`,
      headers: api.headers,
      fetch: api.fetch,
      failure: apiErrorOf,
    });
  }

  /** Stores a JSON value, or bytes or a stream of them as they are; gives the id: the SHA-256 of what is stored. */
  put(
    data: Json | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    options: { readonly blobType?: "data" | "flow"; readonly filename?: string } = {},
  ): Promise<string> {
    const { blobType = "data", filename } = options;
    return data instanceof Uint8Array || data instanceof ReadableStream
      ? this.#blobs.putBytes(data, filename)
      : this.#blobs.put(data, blobType);
  }

  /** The value of a blob; null for a binary one. */
  get(blobId: string): Promise<Json> {
    return this.#blobs.get(blobId);
  }

  /** The stored bytes of any blob. */
  stream(blobId: string): Promise<ReadableStream<Uint8Array>> {
    return this.#blobs.stream(blobId);
  }
}
