import { z } from "zod";
import { defineComponent, type Json, type StepflowContext } from "../../../../src/sdk/index.ts";

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** Answers that another try may better. */
const TRY_AGAIN = new Set([429, 502, 503, 504]);
const MAX_PAUSE_MS = 30_000;

const input = z.object({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
  headers: z.record(z.string(), z.string()).nullish(),
  json_data: z.json().optional(),
  timeout: z.number().positive().max(600).default(30).describe("Seconds, of one try"),
  retries: z.int().min(0).max(10).default(3),
  backoff_ms: z.int().min(0).max(MAX_PAUSE_MS).default(1_000).describe("Before the second try; doubles from there on"),
});

export const httpRequest = defineComponent({
  description:
    "Makes an HTTP request, again when there is no answer or one that asks for it (429, 502, 503, 504). An answer of any status is a result: see `success`.",
  input,
  output: z.object({
    success: z.boolean(),
    status_code: z.int().describe("0 when there was no answer"),
    data: z.json().optional().describe("The JSON of the answer, or { text } for any other"),
    error_message: z.string().optional(),
    response_time_ms: z.int(),
    attempts_made: z.int(),
  }),
  async execute(request, context) {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      const answer = await send(request, context);
      const isLast = attempt > request.retries;
      const pauseMs = Math.max(answer.retryAfterMs, request.backoff_ms * 2 ** (attempt - 1));
      if (isLast || !(answer.status === 0 || TRY_AGAIN.has(answer.status)) || pauseMs > MAX_PAUSE_MS) {
        return {
          success: answer.status > 0 && answer.status < 400,
          status_code: answer.status,
          ...(answer.data === undefined ? {} : { data: answer.data }),
          ...(answer.error === undefined ? {} : { error_message: answer.error }),
          response_time_ms: Date.now() - startedAt,
          attempts_made: attempt,
        };
      }
      context.heartbeat(undefined, `try ${attempt} of ${request.retries + 1}: ${answer.error ?? answer.status}`);
      await pause(pauseMs, context.signal);
    }
  },
});

interface Answer {
  /** 0: none. */
  readonly status: number;
  readonly data?: Json;
  readonly error?: string;
  readonly retryAfterMs: number;
}

async function send(request: z.output<typeof input>, context: StepflowContext): Promise<Answer> {
  const { url, method, json_data: body, timeout } = request;
  const headers = new Headers({ "user-agent": "stepflow-tools/1.0", ...request.headers });
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  const changes = method !== "GET" && method !== "HEAD";
  // A server that knows the header does the work once, however often a retried step sends it.
  if (changes && context.idempotencyKey !== undefined && !headers.has("idempotency-key"))
    headers.set("idempotency-key", context.idempotencyKey);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined || !changes ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(timeout * 1_000)]),
    });
    const { status } = response;
    const data = await readAnswer(response);
    const retryAfterMs = (Number(response.headers.get("retry-after")) || 0) * 1_000;
    return {
      status,
      ...(data === undefined ? {} : { data }),
      ...(status < 400 ? {} : { error: `HTTP ${status}` }),
      retryAfterMs,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    return { status: 0, error: reasonOf(error, timeout), retryAfterMs: 0 };
  }
}

async function readAnswer(response: Response): Promise<Json | undefined> {
  if (response.body === null) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  if (text === "") return undefined;
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return { text };
  }
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeout} s`;
  // Node says "fetch failed" and keeps the reason in the cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(signal.reason);
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", stop);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
