import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { parseJson } from "../protocol/parse-json.ts";

export type HookBody =
  | { readonly kind: "body"; readonly value: Json /** Where it is text. */; readonly text?: string }
  | { readonly kind: "unreadable"; readonly message: string };

/** Bytes of no known type up to this many are given in base64, more as a blob. */
const MAX_BASE64_BYTES = 64 * 1024;
/** A longer text is not given a second time as `rawBody`. */
const MAX_RAW_BYTES = 256 * 1024;

/** A body as expressions see it, by its content-type. Files of a form, and large unknown data, are stored as blobs. */
export async function readHookBody(body: Uint8Array, contentType: string, blobs: BlobStore): Promise<HookBody> {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (body.length === 0) return { kind: "body", value: null };
  if (type === "multipart/form-data") return readMultipart(body, contentType, blobs);
  if (type === "application/json" || type.endsWith("+json")) {
    const text = textOf(body);
    if (text === undefined) return { kind: "unreadable", message: "the body is not UTF-8 text" };
    const parsed = parseJson(text, {});
    if (parsed.kind !== "json")
      return { kind: "unreadable", message: `the body is not valid JSON: line ${parsed.line}: ${parsed.message}` };
    return withText(parsed.json, text, body);
  }
  const text = type.startsWith("text/") || type === FORM ? textOf(body) : undefined;
  if (text !== undefined) return withText(type === FORM ? formOf(new URLSearchParams(text)) : text, text, body);
  return { kind: "body", value: await bytesOf(body, { contentType, size: body.length }, blobs) };
}

const FORM = "application/x-www-form-urlencoded";

function withText(value: Json, text: string, body: Uint8Array): HookBody {
  return body.length <= MAX_RAW_BYTES ? { kind: "body", value, text } : { kind: "body", value };
}

/** A field given several times is a list. JSON in a field `payload`, as GitHub and Slack send it, is read. */
function formOf(fields: Iterable<readonly [string, Json]>): JsonObject {
  const form = fieldsOf(fields);
  const payload = form["payload"];
  if (typeof payload !== "string" || !payload.startsWith("{")) return form;
  const parsed = parseJson(payload, {});
  return parsed.kind === "json" ? { ...form, payload: parsed.json } : form;
}

/** An object of names and values; a name that comes several times has a list. */
export function fieldsOf(fields: Iterable<readonly [string, Json]>): JsonObject {
  const byName = Map.groupBy(fields, ([name]) => name);
  return Object.fromEntries(
    Array.from(byName, ([name, [first, ...rest]]): [string, Json] => [
      name,
      rest.length === 0 ? (first?.[1] ?? null) : [first?.[1] ?? null, ...rest.map(([, value]) => value)],
    ]),
  );
}

async function readMultipart(body: Uint8Array, contentType: string, blobs: BlobStore): Promise<HookBody> {
  let form: FormData;
  try {
    form = await new Response(Uint8Array.from(body), { headers: { "content-type": contentType } }).formData();
  } catch {
    return { kind: "unreadable", message: "the body is not the multipart form that its content-type says" };
  }
  const fields: [string, Json][] = [];
  for (const [name, value] of form as unknown as Iterable<[string, string | File]>) {
    if (typeof value === "string") {
      fields.push([name, value]);
      continue;
    }
    const stored = await blobs.put(new Uint8Array(await value.arrayBuffer()), {
      blobType: "binary",
      filename: value.name,
    });
    fields.push([
      name,
      { $blob: stored.id, blobType: "binary", size: stored.size, filename: value.name, contentType: value.type },
    ]);
  }
  return { kind: "body", value: fieldsOf(fields) };
}

async function bytesOf(body: Uint8Array, facts: JsonObject, blobs: BlobStore): Promise<Json> {
  if (body.length > MAX_BASE64_BYTES) {
    const { id } = await blobs.put(body, { blobType: "binary" });
    return { $blob: id, blobType: "binary", ...facts };
  }
  return { base64: btoa(Array.from(body, (byte) => String.fromCharCode(byte)).join("")), ...facts };
}

/** `undefined`: it is no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}
