import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { FlowId } from "../../protocol/ids.ts";

/** The id of a flow: lower-case hex SHA-256 of its canonical text in UTF-8 (FLOW-9). */
export function flowIdOf(canonicalText: string): FlowId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand has no run-time form
  return bytesToHex(sha256(utf8ToBytes(canonicalText))) as FlowId;
}
