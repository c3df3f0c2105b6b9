import type { BlobType } from "../../core/ports/blob-store.ts";
import type { Json } from "../../protocol/json.ts";
import type { CallBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";

const info = {
  component: "/put_blob",
  description: "Stores a JSON value under the SHA-256 of its bytes and gives its id.",
  inputSchema: {
    type: "object",
    properties: {
      data: { description: "Any JSON value, null included." },
      blob_type: { type: "string", enum: ["data", "flow", "binary"], default: "data" },
    },
    required: ["data"],
  },
  outputSchema: { type: "object", properties: { blob_id: { type: "string" } }, required: ["blob_id"] },
};

export const putBlob: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input }, { blobs }) {
    const checked = checkInput<{ readonly data: Json; readonly blob_type?: BlobType }>(info, input);
    if (checked.kind === "failed") return checked;
    const { data, blob_type: blobType = "data" } = checked.fields;
    // Binary blobs too get the JSON text of the value: so does the reference.
    const { id } = await blobs.put(new TextEncoder().encode(JSON.stringify(data)), { blobType });
    return { kind: "success", value: { kind: "inline", json: { blob_id: id } } };
  },
};
