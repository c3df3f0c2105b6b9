/** What a request to a webhook means by the webhook's document: whether it starts a run, under which key and with what input. */
import { isTruthy } from "../core/expression/index.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { WebhookDocument } from "../protocol/api/trigger.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { evaluateHookExpression } from "./hook-expression.ts";
import { fieldsOf, readHookBody } from "./read-hook-body.ts";
import type { HookRequest } from "./webhook-api.ts";

export type ReadDelivery =
  | { readonly kind: "run"; readonly key: string; readonly input: Json }
  | { readonly kind: "filtered"; readonly key: string }
  /** Slack asks whether the address is ours. */
  | { readonly kind: "handshake"; readonly challenge: string }
  /** `stage`: the body itself, or an expression of the trigger. */
  | { readonly kind: "failed"; readonly stage: "body" | "expression"; readonly reason: string };

const MAX_KEY = 1024;
/** They hold what lets their sender in. */
const SECRET_HEADERS = new Set(["authorization", "cookie", "proxy-authorization", "cf-access-jwt-assertion"]);

/** The headers that may be kept and passed on. */
export function openHeaders({ headers }: Pick<HookRequest, "headers">): [string, string][] {
  return headers.flatMap(([name, value]): [string, string][] => (SECRET_HEADERS.has(name) ? [] : [[name, value]]));
}

export async function readDelivery(
  document: WebhookDocument,
  request: HookRequest,
  blobs: BlobStore,
): Promise<ReadDelivery> {
  const headers = new Headers(request.headers.map(([name, value]): [string, string] => [name, value]));
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity")
    return { kind: "failed", stage: "body", reason: `bodies encoded with "${encoding}" are not read` };
  const read = await readHookBody(request.body, headers.get("content-type") ?? "", blobs);
  if (read.kind === "unreadable") return { kind: "failed", stage: "body", reason: read.message };
  const body = read.value;
  if (document.signature.scheme === "slack" && isObject(body) && body["type"] === "url_verification") {
    const { challenge } = body;
    return { kind: "handshake", challenge: typeof challenge === "string" ? challenge : "" };
  }
  const seen: JsonObject = {
    body,
    headers: fieldsOf(openHeaders(request)),
    query: fieldsOf(new URLSearchParams(request.query)),
    path: request.path,
    method: request.method,
    ...(read.text === undefined ? {} : { rawBody: read.text }),
  };
  const evaluated = async (name: string, source: Json | undefined, otherwise: Json) => {
    if (source === undefined) return { kind: "value" as const, value: otherwise };
    const result = await evaluateHookExpression(source, seen);
    return result.kind === "value"
      ? result
      : { kind: "failed" as const, stage: "expression" as const, reason: `${name}: ${result.message}` };
  };
  const key = await evaluated(
    "idempotencyKey",
    document.idempotencyKey,
    await defaultKey(document, request, headers, body),
  );
  if (key.kind === "failed") return key;
  const text = typeof key.value === "string" ? key.value : JSON.stringify(key.value);
  if (key.value === null || text === "" || text.length > MAX_KEY)
    return { kind: "failed", stage: "expression", reason: `idempotencyKey: 1 to ${MAX_KEY} characters are expected` };
  const filter = await evaluated("filter", document.filter, true);
  if (filter.kind === "failed") return filter;
  if (!isTruthy(filter.value)) return { kind: "filtered", key: text };
  const input = await evaluated("input", document.input, body);
  return input.kind === "failed" ? input : { kind: "run", key: text, input: input.value };
}

/** The sender's own delivery id, else a hash of what was sent and when. */
async function defaultKey(
  { signature }: WebhookDocument,
  request: HookRequest,
  headers: Headers,
  body: Json,
): Promise<string> {
  const field = (name: string) => (isObject(body) && typeof body[name] === "string" ? body[name] : undefined);
  const given = {
    github: () => headers.get("x-github-delivery"),
    standard: () => headers.get("webhook-id"),
    stripe: () => field("id"),
    slack: () => field("event_id"),
    hmac: () => undefined,
    bearer: () => undefined,
    none: () => undefined,
  }[signature.scheme]();
  if (given) return given;
  const timestamp =
    signature.scheme === "slack"
      ? headers.get("x-slack-request-timestamp")
      : headers.get(signature.hmac?.timestampHeader ?? "x-timestamp");
  const head = new TextEncoder().encode(`${request.method} ${request.path}${request.query}\n${timestamp ?? ""}\n`);
  const content = new Uint8Array(head.length + request.body.length);
  content.set(head);
  content.set(request.body, head.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
