/**
 * The text of an access token: `sfe_<id>_<secret>`. The prefix is what secret scanners look for, the id (64 bits) finds the record,
 * the secret has 256 random bits. Only the SHA-256 of the whole text is kept: without a salt, since there is nothing to guess.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { equalBytes } from "./equal-bytes.ts";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const FORM = /^sfe_([0-9a-f]{16})_[0-9a-f]{64}$/;

export function newTokenText(randomBytes: (count: number) => Uint8Array): {
  readonly id: string;
  readonly text: string;
} {
  const id = bytesToHex(randomBytes(ID_BYTES));
  return { id, text: `sfe_${id}_${bytesToHex(randomBytes(SECRET_BYTES))}` };
}

/** `undefined` for what cannot be a token. */
export function tokenIdOf(text: string): string | undefined {
  return FORM.exec(text)?.[1];
}

/** In hexadecimal. */
export function tokenHash(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(text)));
}

/** Takes the same time whatever differs. */
export function isSameHash(a: string, b: string): boolean {
  return equalBytes(new TextEncoder().encode(a), new TextEncoder().encode(b));
}
