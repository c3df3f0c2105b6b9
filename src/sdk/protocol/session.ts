import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject } from "./json-rpc.ts";

/** What an orchestrator has said of itself. */
export interface Session {
  /** `camel`: 0.10 and later, ours among them. `snake`: before. `underscore`: the first, with method names like `put_blob`. */
  readonly dialect: "camel" | "snake" | "underscore";
  /** Absent: blobs are asked for by message. */
  readonly blobApiUrl?: string;
  /** Bytes above which a field of an output is stored as a blob; 0: never, and references in inputs are left alone. */
  readonly blobThreshold: number;
}

/** Reads the parameters of `initialize`. */
export function readSession(params: JsonObject): Session {
  const capabilities = readCapabilities(params["capabilities"]) ?? { blobThreshold: 0 };
  return { dialect: params["runtimeProtocolVersion"] === undefined ? "snake" : "camel", ...capabilities };
}

/** `capabilities` comes with `initialize`; with an execution it holds for that one. */
export function readCapabilities(json: Json | undefined): Pick<Session, "blobApiUrl" | "blobThreshold"> | undefined {
  if (!isObject(json)) return undefined;
  const { blobApiUrl, blobThreshold } = json;
  if (typeof blobApiUrl !== "string" || !/^https?:\/\/[^/]/.test(blobApiUrl)) return { blobThreshold: 0 };
  return { blobApiUrl, blobThreshold: typeof blobThreshold === "number" && blobThreshold > 0 ? blobThreshold : 0 };
}

/** The answer to `initialize`, in the caller's spelling. */
export function handshake({ dialect, blobThreshold }: Session): JsonObject {
  return dialect === "camel"
    ? { serverProtocolVersion: 1, supportsBlobRefs: blobThreshold > 0 }
    : { server_protocol_version: 1 };
}
