import type { BlobId } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { storeValue } from "../store-value.ts";
import type { CallBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";

const info = {
  component: "/get_blob",
  description: "Gives the JSON value stored under a blob id.",
  inputSchema: {
    type: "object",
    properties: { blob_id: { type: "string", pattern: "^[0-9a-fA-F]{64}$", description: "64 hexadecimal digits." } },
    required: ["blob_id"],
  },
  outputSchema: { type: "object", properties: { data: {} }, required: ["data"] },
};

export const getBlob: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input }, { blobs }) {
    const checked = checkInput<{ readonly blob_id: string }>(info, input);
    if (checked.kind === "failed") return checked;
    const { blob_id: id } = checked.fields;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- 64 hex digits, as the schema asks
    const blob = await blobs.get(id.toLowerCase() as BlobId);
    if (!blob) return rejectInput(info.component, "/blob_id", `there is no blob ${id}`);
    const parsed = parseJson(new TextDecoder().decode(blob.bytes));
    if (parsed.kind === "invalid") {
      return rejectInput(
        info.component,
        "/blob_id",
        `the blob ${id} is not JSON, which is all a flow can read: ${parsed.message}`,
      );
    }
    return { kind: "success", value: await storeValue({ data: parsed.json }, blobs, blob.bytes.length * 2) };
  },
};
