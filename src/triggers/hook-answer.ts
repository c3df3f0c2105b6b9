/** What the sender of a delivery is told. */
import type { WebhookDocument } from "../protocol/api/trigger.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { ItemResult } from "../protocol/run.ts";
import { evaluateHookExpression } from "./hook-expression.ts";
import type { HookReply } from "./webhook-api.ts";

/** What a sender chose must not act as a page of this origin. */
const SAFE = { "content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff" };
const JSON_TYPE = { "content-type": "application/json" };

export function jsonAnswer(status: number, body: JsonObject): HookReply {
  return { status, headers: { ...JSON_TYPE, ...SAFE }, body: JSON.stringify(body) };
}

export function textAnswer(status: number, body: string): HookReply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...SAFE }, body };
}

/** In the form of every refusal of this API. */
export function refusalAnswer(code: number, status: string, message: string): HookReply {
  return jsonAnswer(code, { error: { code, status, message } });
}

/** The answer of the mode `wait` for a run that has ended. Throws a text where the trigger's expressions do not give an answer. */
export async function runAnswer(
  response: Extract<NonNullable<WebhookDocument["response"]>, { mode: "wait" }>,
  runId: string,
  result: ItemResult["result"],
): Promise<HookReply> {
  const output = result?.outcome === "success" ? result.result : null;
  const outcome = result?.outcome ?? "cancelled";
  const error = result?.outcome === "failed" ? { error: { ...result.error } as unknown as Json } : {};
  const input: JsonObject = { output, outcome, runId, ...error };
  const evaluated = async (name: string, source: Json | undefined, otherwise: Json): Promise<Json> => {
    if (source === undefined) return otherwise;
    const value = await evaluateHookExpression(source, input);
    if (value.kind === "failed") throw new AnswerFault(`response.${name}: ${value.message}`);
    return value.value;
  };
  const status = await evaluated(
    "status",
    response.status,
    outcome === "failed" || outcome === "cancelled" ? 500 : 200,
  );
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    throw new AnswerFault("response.status: a whole number from 200 to 599 is expected");
  const headers = await evaluated("headers", response.headers, {});
  if (!isTexts(headers)) throw new AnswerFault("response.headers: a map of header names to texts is expected");
  const body = await evaluated("body", response.body, input);
  const answer = typeof body === "string" ? textAnswer(status, body) : jsonAnswer(status, {});
  const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status,
    headers: { ...answer.headers, ...lowered },
    body: EMPTY.has(status) ? "" : typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** These have no body. */
const EMPTY = new Set([204, 205, 304]);

/** A trigger's own expression does not give an answer. Its message is for the trigger's owner. */
export class AnswerFault extends Error {}

function isTexts(json: Json): json is Record<string, string> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  // What `Headers` would throw on, or a proxy before this Worker would cut.
  return Object.entries(json).every(
    ([name, value]) =>
      /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value),
  );
}
