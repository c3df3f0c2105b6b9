/** What the object of a webhook offers to the API. Only values pass. */
import type { TriggerDocument } from "../protocol/api/trigger.ts";
import type { BlobId, Namespace, RunId } from "../protocol/ids.ts";
import type { TriggerHome } from "./trigger-registry.ts";

/** Whose object it is: an object does not know its own name. */
export interface TriggerAddress {
  readonly namespace: Namespace;
  readonly name: string;
}

/** A request to a webhook as it came; its body is not looked into yet. */
export interface HookRequest {
  readonly method: string;
  /** What follows the trigger's name in the URL; empty, or with a leading slash. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

export interface HookReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type DeliveryStatus =
  /** Written down; its run is being started. */
  | "received"
  | "accepted"
  | "filtered"
  /** Not let in: nothing of its body is kept. */
  | "refused"
  /** Let in, but nothing could be started by it. */
  | "failed";

/** What is kept of a delivery. */
export interface Delivery {
  readonly deliveryId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly status: DeliveryStatus;
  readonly reason?: string;
  readonly key?: string;
  readonly runId?: RunId;
  readonly request: Omit<HookRequest, "body">;
  readonly bodyBytes: number;
  /** How often the same came again. */
  readonly repeats: number;
  readonly redeliveryOf?: string;
}
export interface DeliveryDetail extends Delivery {
  readonly body?: Uint8Array;
  readonly bodyBlob?: BlobId;
}
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Of all times; older ones of them are not kept. */
  readonly counts: Readonly<Record<Exclude<DeliveryStatus, "received">, number>>;
  readonly next?: number;
}

export type Redelivery =
  | { readonly kind: "delivered"; readonly delivery: Delivery }
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly reason: string };

export interface WebhookObjectApi extends TriggerHome {
  /** `undefined`: there is no such trigger. */
  deliver(address: TriggerAddress, request: HookRequest): Promise<HookReply | undefined>;
  /** Newest first; `before` is `next` of the page before. */
  deliveries(options: {
    readonly limit: number;
    readonly before?: number;
    readonly status?: DeliveryStatus;
  }): Promise<DeliveryPage>;
  delivery(deliveryId: string): Promise<DeliveryDetail | undefined>;
  /** The same request again, as a new delivery with a new run. */
  redeliver(address: TriggerAddress, deliveryId: string): Promise<Redelivery>;
}

/** What an object needs to know of its own trigger. */
export interface EffectiveTrigger {
  readonly document: TriggerDocument;
  /** Of a configured one, references are replaced already. */
  readonly isConfigured: boolean;
}
