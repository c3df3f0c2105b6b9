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

/** The body as JSON: well-formed Unicode, at most 128 levels deep, no number that would be rounded. */
export async function readJson(request: Request, limits: ApiLimits): Promise<Json> {
  if (!isJsonType(mediaType(request))) throw unsupportedMediaType(request, ["application/json"]);
  return jsonOf(await readText(request, limits));
}

/** Parses a body's text; a fault is refused with its line and column. */
export function jsonOf(text: string): Json {
  if (text.trim() === "") throw new ApiError("INVALID_ARGUMENT", "The body is empty; a JSON document is expected.");
  const parsed = parseJson(text);
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
  const bytes = await readBytes(request, "maxJsonBodyBytes", limits);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new ApiError("INVALID_ARGUMENT", "The body is not UTF-8 text.", { cause });
  }
}

/** Refuses a body that its own header announces as too long. */
export function checkAnnouncedLength(request: Request, limit: keyof ApiLimits, limits: ApiLimits): void {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits[limit]) throw tooLarge(limit, limits);
}

export function tooLarge(limit: keyof ApiLimits, limits: ApiLimits): ApiError {
  const value = limits[limit];
  return new ApiError("PAYLOAD_TOO_LARGE", `The body is longer than the limit "${limit}" of ${value} bytes.`, {
    details: { limit, value },
  });
}

async function readBytes(request: Request, limit: keyof ApiLimits, limits: ApiLimits): Promise<Uint8Array> {
  checkAnnouncedLength(request, limit, limits);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limits[limit]) throw tooLarge(limit, limits);
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
