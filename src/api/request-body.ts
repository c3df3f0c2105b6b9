import type { Json } from "../protocol/json.ts";
import { parseJson } from "../protocol/parse-json.ts";
import type { ApiLimits } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";

/** The request's media type in lower case, without parameters; empty when there is none. */
export function mediaType(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function isJsonType(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

/** Refuses what is none of `accepted`, and encoded bodies. */
export function unsupportedMediaType(request: Request, accepted: readonly string[]): ApiError {
  const sent = request.headers.get("content-type");
  return new ApiError(
    "UNSUPPORTED_MEDIA_TYPE",
    `The body's content-type is ${sent === null ? "missing" : `"${sent}"`}; send ${accepted.map((type) => `"${type}"`).join(" or ")}.`,
  );
}

/** The body as JSON: well-formed Unicode, at most 128 levels deep, no key twice, no number that would be rounded. */
export async function readJson(request: Request, limits: ApiLimits): Promise<Json> {
  if (!isJsonType(mediaType(request))) throw unsupportedMediaType(request, ["application/json"]);
  return jsonOf(await readText(request, limits));
}

/** Parses a body's text; a fault is refused with its line and column. */
function jsonOf(text: string): Json {
  if (text.trim() === "") throw new ApiError("INVALID_ARGUMENT", "The body is empty; a JSON document is expected.");
  const parsed = parseJson(text, { uniqueKeys: true });
  if (parsed.kind === "json") return parsed.json;
  const { line, column, message } = parsed;
  throw new ApiError("INVALID_ARGUMENT", `The body is not valid JSON: line ${line}, column ${column}: ${message}.`, {
    details: { line, column },
  });
}

/** The body as UTF-8 text of at most `maxJsonBodyBytes`. */
export async function readText(request: Request, limits: ApiLimits): Promise<string> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw new ApiError(
      "UNSUPPORTED_MEDIA_TYPE",
      `Bodies encoded with "${encoding}" are not read; send the body as it is.`,
    );
  }
  const bytes = await new Response(limitedBody(request, "maxJsonBodyBytes", limits)).arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ApiError("INVALID_ARGUMENT", "The body is not UTF-8 text.", { cause });
  }
}

/**
 * The body, failing with a 413 when it is longer than the limit: before the first byte if it is announced so, else at its end,
 * since a caller who is still sending would not see the answer (after four times the limit at once).
 */
export function limitedBody(
  request: Request,
  limit: keyof ApiLimits,
  limits: ApiLimits,
): ReadableStream<Uint8Array> | null {
  const maximum = limits[limit];
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > maximum) throw tooLarge(limit, maximum);
  if (request.body === null || announced !== null) return request.body;
  let size = 0;
  return request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength;
        if (size <= maximum) controller.enqueue(chunk);
        else if (size > 4 * maximum) controller.error(tooLarge(limit, maximum));
      },
      flush(controller) {
        if (size > maximum) controller.error(tooLarge(limit, maximum));
      },
    }),
  );
}

/** Reads and forgets what is left of a refused request's body (up to 256 MiB), so that its sender gets to the answer. */
export async function discardBody(request: Request): Promise<void> {
  if (request.body === null || request.bodyUsed) return;
  let left = DISCARDED_BYTES;
  try {
    for await (const chunk of request.body) {
      left -= chunk.byteLength;
      if (left < 0) return;
    }
  } catch {
    // The sender has gone.
  }
}
const DISCARDED_BYTES = 256 * 1024 * 1024;

function tooLarge(limit: keyof ApiLimits, value: number): ApiError {
  return new ApiError("PAYLOAD_TOO_LARGE", `The body is longer than the limit "${limit}" of ${value} bytes.`, {
    details: { limit, value },
  });
}
