import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import type { TaskErrorCode } from "../../protocol/task-error.ts";
import { readBoundedText } from "../bounded-body.ts";
import { EgressRefusedError, egressError } from "../egress-fetch.ts";
import { retryAfterMs } from "../retry-after.ts";
import { storeValue } from "../store-value.ts";
import type { BuiltinDeps, CallBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";
import { isObject } from "./sub-flow-input.ts";

const OPENAI_BASE_URL = "https://api.openai.com/v1";
const DEFAULT_MODEL = "gpt-3.5-turbo";
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

const info = {
  component: "/openai",
  description: "Asks a chat model over any OpenAI-compatible API and gives the text of its answer.",
  inputSchema: {
    type: "object",
    properties: {
      messages: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          properties: { role: { type: "string", enum: ["system", "user", "assistant"] }, content: { type: "string" } },
          required: ["role", "content"],
        },
      },
      model: { type: ["string", "null"], default: DEFAULT_MODEL },
      max_tokens: { type: ["integer", "null"], minimum: 1 },
      temperature: { type: ["number", "null"], minimum: 0, maximum: 2 },
      base_url: {
        type: ["string", "null"],
        pattern: "^https?://",
        description: "Absent: OPENAI_BASE_URL, else OpenAI itself.",
      },
      api_key: {
        type: ["string", "null"],
        description: "Absent: OPENAI_API_KEY, which goes to the configured base URL only.",
      },
    },
    required: ["messages"],
  },
  outputSchema: { type: "object", properties: { response: { type: "string" } }, required: ["response"] },
};

export const openai: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input, idempotencyKey }, deps, signal) {
    const checked = checkInput<JsonObject>(info, input);
    if (checked.kind === "failed") return checked;
    const members = checked.fields;
    const target = readTarget(members, deps.openAi);
    if (target.kind === "failed") return target;
    const { messages = null, model, max_tokens: maxTokens, temperature } = members;
    const body = {
      model: model ?? DEFAULT_MODEL,
      messages,
      ...(typeof maxTokens === "number" && { max_tokens: maxTokens }),
      ...(typeof temperature === "number" && { temperature }),
    };
    const request = new Request(target.url, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${target.apiKey}`,
        "idempotency-key": idempotencyKey,
      },
      body: JSON.stringify(body),
      signal,
    });
    return ask(request, deps);
  },
};

async function ask(request: Request, { fetch, blobs }: BuiltinDeps): Promise<TaskOutcome> {
  const { host } = new URL(request.url);
  let response: Response;
  let text: string | undefined;
  try {
    response = await fetch(request);
    text = await readBoundedText(response, MAX_RESPONSE_BYTES);
  } catch (cause) {
    // An abort is the transport's to judge: a deadline or a cancel.
    if (request.signal.aborted) throw cause;
    if (cause instanceof EgressRefusedError)
      return { kind: "failed", error: egressError(`the model API at ${host}`, cause.rule, cause.message) };
    return failure(
      "UNREACHABLE",
      `the model API at ${host} could not be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  if (text === undefined)
    return failure(
      "COMPONENT_FAILED",
      `the answer of the model API at ${host} is larger than ${MAX_RESPONSE_BYTES} bytes`,
    );
  const answer = parseAnswer(text);
  if (!response.ok) return refused(response, host, answer);
  const content = chatContent(answer);
  if (content === undefined)
    return failure("COMPONENT_FAILED", `the answer of the model API at ${host} has no choices[0].message.content`);
  return { kind: "success", value: await storeValue({ response: content }, blobs, text.length * 6) };
}

type Target =
  | { readonly kind: "target"; readonly url: string; readonly apiKey: string }
  | ReturnType<typeof rejectInput>;

function readTarget(input: JsonObject, defaults: BuiltinDeps["openAi"]): Target {
  const configured = defaults.baseUrl ?? OPENAI_BASE_URL;
  const baseUrl = typeof input["base_url"] === "string" ? input["base_url"] : configured;
  if (!URL.canParse(baseUrl)) return rejectInput(info.component, "/base_url", `"${baseUrl}" is not a URL`);
  const isConfigured = trimSlashes(baseUrl) === trimSlashes(configured);
  const apiKey = typeof input["api_key"] === "string" ? input["api_key"] : isConfigured ? defaults.apiKey : undefined;
  if (apiKey === undefined) {
    const why = isConfigured
      ? "OPENAI_API_KEY is not set"
      : "OPENAI_API_KEY is only ever sent to the configured base URL";
    return rejectInput(info.component, "/api_key", `an API key is needed: ${why}`);
  }
  return { kind: "target", url: `${trimSlashes(baseUrl)}/chat/completions`, apiKey };
}

function refused(response: Response, host: string, answer: Json | undefined): TaskOutcome {
  const { status } = response;
  const said = isObject(answer) && isObject(answer["error"]) ? answer["error"]["message"] : undefined;
  const code: TaskErrorCode =
    status === 429 || status >= 500
      ? "RESOURCE_UNAVAILABLE"
      : status === 400 || status === 422
        ? "INVALID_INPUT"
        : "COMPONENT_FAILED";
  const message = `the model API at ${host} answered ${status}${typeof said === "string" ? `: ${said.slice(0, 500)}` : ""}`;
  const after = retryAfterMs(response.headers);
  return {
    kind: "failed",
    error: { code, message, data: { status } },
    ...(after !== undefined && { retryAfterMs: after }),
  };
}

function chatContent(answer: Json | undefined): string | undefined {
  const choices = isObject(answer) ? answer["choices"] : undefined;
  const first = Array.isArray(choices) ? choices[0] : undefined;
  const message = isObject(first) ? first["message"] : undefined;
  const content = isObject(message) ? message["content"] : undefined;
  return typeof content === "string" ? content : undefined;
}

function parseAnswer(text: string): Json | undefined {
  const parsed = parseJson(text);
  return parsed.kind === "json" ? parsed.json : undefined;
}

function trimSlashes(url: string): string {
  return url.replace(/\/+$/, "");
}

function failure(code: TaskErrorCode, message: string): TaskOutcome {
  return { kind: "failed", error: { code, message } };
}
