import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";

/** A value on its way: in memory, or (over 256 KiB of compact JSON) a blob of type `data` already stored. */
export type Value =
  | {
      readonly kind: "inline";
      readonly json: Json /** `JSON.stringify(json)`, where it is known already. */;
      readonly text?: string;
    }
  | { readonly kind: "blob"; readonly blob: BlobId; readonly bytes: number };
