/**
 * Signed capabilities: texts that carry what they permit and cannot be made up (HMAC-SHA-256 under the deployment's secret). They
 * are not encrypted: whoever holds one can read it. Safe in a URL path.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Json } from "../protocol/json.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { equalBytes } from "./equal-bytes.ts";

export class Capabilities {
  readonly #secret: Uint8Array;

  constructor(secret: string) {
    this.#secret = new TextEncoder().encode(secret);
  }

  /** `purpose` keeps capabilities of one kind from being taken for another. */
  issue(purpose: string, content: Json): string {
    const text = JSON.stringify(content);
    return `${toBase64Url(new TextEncoder().encode(text))}.${toBase64Url(this.#sign(purpose, text))}`;
  }

  /** The content, if it was issued here for this purpose. */
  read(purpose: string, capability: string): Json | undefined {
    const [content, signature, ...rest] = capability.split(".").map(fromBase64Url);
    if (!content || !signature || rest.length > 0) return undefined;
    const text = new TextDecoder().decode(content);
    if (!equalBytes(signature, this.#sign(purpose, text))) return undefined;
    const parsed = parseJson(text);
    return parsed.kind === "json" ? parsed.json : undefined;
  }

  #sign(purpose: string, text: string): Uint8Array {
    return hmac(sha256, this.#secret, new TextEncoder().encode(`${purpose}\n${text}`));
  }
}

function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
