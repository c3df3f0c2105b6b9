import { z } from "zod";
import { blobIdSchema } from "./identifier.ts";
import { jsonValue } from "./json-value.ts";

const BLOB_TYPES = ["data", "flow", "binary"] as const;

/** `POST /blobs` with a JSON body. The three spellings of `data` are those of the protocol's generations. */
export const storeBlobBody = z
  .object({
    data: jsonValue.optional().meta({ description: "The value. For `binary`: base64." }),
    jsonData: jsonValue.optional().meta({ description: "The same as `data`." }),
    blobType: z.enum(BLOB_TYPES).optional().meta({ description: "`data` unless given." }),
    filename: z.string().max(1024).optional(),
  })
  .meta({ id: "StoreBlob", examples: [{ data: { any: ["JSON", "value"] } }] });

export const storeBlobHeaders = z.object({
  "x-blob-filename": z.string().max(3072).optional().meta({ description: "Percent-encoded; for a binary body." }),
});

export const storedBlob = z
  .object({
    blobId: blobIdSchema,
    blobType: z.enum(BLOB_TYPES),
    size: z.int().meta({ description: "Bytes stored." }),
    filename: z.string().optional(),
  })
  .meta({ id: "StoredBlob" });

export const blobDocument = z
  .object({
    blobId: blobIdSchema,
    blobType: z.enum(BLOB_TYPES),
    data: jsonValue.meta({ description: "Null for a binary blob: ask for application/octet-stream." }),
    filename: z.string().optional(),
    contentType: z.string().optional(),
    size: z.int(),
  })
  .meta({ id: "BlobDocument" });

export const blobParams = z.object({ blobId: blobIdSchema });
