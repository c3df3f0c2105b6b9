import { z } from "zod";
import type { BlobStore, StoredBlob } from "../core/ports/blob-store.ts";
import { blobDocument, blobParams, storeBlobBody, storeBlobHeaders, storedBlob } from "../protocol/api/blob.ts";
import { type ApiDeps, type ApiLimits } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { isJsonType, limitedBody, mediaType, readJson, unsupportedMediaType } from "./request-body.ts";
import { checkFields, isFields } from "./request-fields.ts";

const BINARY = "application/octet-stream";

export function blobOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/blobs",
      scope: ["runs:write", "flows:write"],
      operationId: "storeBlob",
      tag: "Blobs",
      summary: "Store a value or a file",
      description:
        "The id is the SHA-256 of the stored bytes: of the compact JSON text of a value, of a file's own bytes.",
      headers: storeBlobHeaders,
      rawBody: { "application/json": storeBlobBody, [BINARY]: z.string().meta({ format: "binary" }) },
      responses: { 201: { description: "Stored, now or before.", schema: storedBlob } },
      async handle({ raw, namespace, headers }) {
        const type = mediaType(raw);
        const blobs = deps.blobs(namespace);
        if (type === BINARY) {
          const filename = headers["x-blob-filename"];
          const stored = await storeFile(
            raw,
            blobs,
            deps.limits,
            filename === undefined ? undefined : percentDecoded(filename),
          );
          return jsonReply(describeBlob(stored), { status: 201 });
        }
        if (!isJsonType(type)) throw unsupportedMediaType(raw, ["application/json", BINARY]);
        return storeValue(raw, blobs, deps.limits);
      },
    }),
    operation({
      method: "get",
      path: "/blobs/{blobId}",
      scope: "runs:read",
      operationId: "getBlob",
      tag: "Blobs",
      summary: "Read a blob",
      description: `As JSON, or with \`Accept: ${BINARY}\` its bytes as they are stored. HEAD tells size and type.`,
      params: blobParams,
      responses: { 200: { description: "The blob.", schema: blobDocument } },
      async handle({ raw, namespace, params }) {
        const id = params.blobId;
        const blobs = deps.blobs(namespace);
        const asBytes = (raw.headers.get("accept") ?? "").includes(BINARY);
        if (raw.method === "HEAD") {
          const blob = await blobs.head(id);
          if (!blob) throw unknownBlob(id);
          return new Response(null, { headers: blobHeaders(blob, asBytes) });
        }
        const blob = await blobs.getStream(id);
        if (!blob) throw unknownBlob(id);
        if (asBytes) return new Response(blob.body, { headers: blobHeaders(blob, true) });
        if (blob.blobType !== "binary")
          return new Response(blobDocumentStream(blob), { headers: blobHeaders(blob, false) });
        await blob.body.cancel();
        return jsonReply({ ...describeBlob(blob), data: null, contentType: BINARY });
      },
    }),
  ];
}

async function storeFile(
  raw: Request,
  blobs: BlobStore,
  limits: ApiLimits,
  filename: string | undefined,
): Promise<StoredBlob> {
  const options = { blobType: "binary" as const, ...(filename === undefined ? {} : { filename }) };
  const body = limitedBody(raw, "maxBlobBytes", limits);
  return body === null
    ? blobs.put(new Uint8Array(), options)
    : blobs.putStream(body, { ...options, maxBytes: limits.maxBlobBytes });
}

async function storeValue(raw: Request, blobs: BlobStore, limits: ApiLimits): Promise<Response> {
  const json = await readJson(raw, limits);
  if (!isFields(json))
    throw invalidRequest([{ pointer: "", message: "expected a JSON object with the value as `data`" }]);
  const checked = checkFields(storeBlobBody, Object.entries(json), "body");
  if (checked.kind === "invalid") throw invalidRequest(checked.faults);
  const { blobType = "data", filename } = checked.value;
  const data =
    checked.value.data ??
    checked.value.jsonData ??
    ("data" in json || "jsonData" in json || "json_data" in json ? null : undefined);
  if (data === undefined) throw invalidRequest([{ pointer: "/data", message: "is missing" }]);
  const bytes = blobType === "binary" ? base64Bytes(data) : new TextEncoder().encode(JSON.stringify(data));
  const stored = await blobs.put(bytes, { blobType, ...(filename === undefined ? {} : { filename }) });
  return jsonReply(describeBlob(stored), { status: 201, warnings: checked.warnings });
}

function base64Bytes(data: unknown): Uint8Array {
  try {
    if (typeof data === "string") return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: refused below like any other value.
  }
  throw invalidRequest([
    { pointer: "/data", message: `expected a base64 string for a binary blob; or send the bytes as ${BINARY}` },
  ]);
}

function describeBlob({ id, blobType, size, filename }: StoredBlob) {
  return { blobId: id, blobType, size, ...(filename === undefined ? {} : { filename }) };
}

/** The JSON answer around the stored text, which is JSON itself: neither held in memory nor parsed. */
function blobDocumentStream(
  blob: StoredBlob & { readonly body: ReadableStream<Uint8Array> },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const head = JSON.stringify({ ...describeBlob(blob), contentType: "application/json" }).slice(0, -1);
  return blob.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode(`${head},"data":`)),
      flush: (controller) => controller.enqueue(encoder.encode("}")),
    }),
  );
}

function blobHeaders(blob: StoredBlob, asBytes: boolean): Record<string, string> {
  return {
    "content-type": asBytes ? BINARY : "application/json",
    ...(asBytes ? { "content-length": String(blob.size) } : {}),
    // Somebody's file must not run as a page of this origin.
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(blob.filename ?? blob.id)}`,
    "x-content-type-options": "nosniff",
    "x-blob-type": blob.blobType,
    "cache-control": "private, max-age=31536000, immutable",
  };
}

function unknownBlob(id: string): ApiError {
  return new ApiError("NOT_FOUND", `There is no blob ${id}.`);
}

/** A name sent as it is may hold a lone `%`. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
