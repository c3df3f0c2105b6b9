import type { EgressRule } from "../../core/egress/index.ts";
import type { Json } from "../../protocol/json.ts";
import type { RpcError } from "./json-rpc.ts";

/** How one request to a worker ended. */
export type Exchange =
  /** `maxBytes`: what the message that carried it takes at most as UTF-8. */
  | { readonly kind: "result"; readonly result: Json; readonly maxBytes: number }
  /** The worker's own word, whatever the HTTP status. */
  | { readonly kind: "error"; readonly error: RpcError; readonly retryAfterMs?: number }
  /** HTTP 202: the worker will report by itself. */
  | { readonly kind: "handed_over"; readonly withinMs: number }
  /** No answer that could be understood: the network, the HTTP layer or the framing. */
  | { readonly kind: "broken"; readonly reason: string; readonly retryAfterMs?: number }
  /** Never sent: the egress policy forbids it. */
  | { readonly kind: "refused"; readonly rule: EgressRule; readonly reason: string }
  | { readonly kind: "too_large"; readonly limitBytes: number }
  /** An event stream without a byte for too long. */
  | { readonly kind: "silent"; readonly idleMs: number };
