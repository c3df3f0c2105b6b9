/**
 * Whether a delivery comes from who has the secret. Each scheme says what is signed and where its parts stand; the comparing is
 * done by the platform, in a time that does not depend on what differs. Nothing of the body is read before.
 */
import { equalBytes } from "../auth/equal-bytes.ts";
import type { WebhookDocument } from "../protocol/api/trigger.ts";
import { assertNever } from "../protocol/assert-never.ts";
import { signingKey } from "../protocol/signing-secret.ts";

type Signature = WebhookDocument["signature"];
export interface SignedDelivery {
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** When it came, in epoch milliseconds. */
  readonly at: number;
}
export type SignatureVerdict =
  | { readonly kind: "good" }
  /** `reason` is for the trigger's owner, never for the sender. */
  | { readonly kind: "bad"; readonly reason: string };

type Hash = "SHA-256" | "SHA-1" | "SHA-512";
interface Claim {
  /** What is signed before the body. */
  readonly prefix: string;
  /** As sent; one good one is enough. */
  readonly signatures: readonly (Uint8Array<ArrayBuffer> | undefined)[];
  readonly hash: Hash;
  /** When it was sent, in seconds; absent where the scheme signs no time. */
  readonly timestamp?: string;
}

const HASHES = { sha256: "SHA-256", sha1: "SHA-1", sha512: "SHA-512" } as const;
/** More signatures than this are not looked at: each costs the sender nothing and us a hash. */
const MAX_SIGNATURES = 10;
const encoder = new TextEncoder();

/** `secrets`: the secrets themselves, references resolved. */
export async function verifySignature(
  signature: Signature,
  secrets: readonly string[],
  delivery: SignedDelivery,
): Promise<SignatureVerdict> {
  if (signature.scheme === "none") return { kind: "good" };
  if (signature.scheme === "bearer") return verifyBearer(secrets, delivery.headers);
  const claim = claimOf(signature, delivery.headers);
  if (!claim) return { kind: "bad", reason: "the signature, or a header that goes with it, is missing" };
  if (claim.timestamp !== undefined && !isTimely(claim.timestamp, delivery.at, signature.toleranceSecs))
    return { kind: "bad", reason: `it was sent more than ${signature.toleranceSecs} s from now` };
  const content = concat(encoder.encode(claim.prefix), delivery.body);
  for (const secret of secrets) {
    const bytes = signature.scheme === "standard" ? signingKey(secret) : encoder.encode(secret);
    if (!bytes || bytes.length === 0) continue;
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: claim.hash }, false, ["verify"]);
    for (const sent of claim.signatures.slice(0, MAX_SIGNATURES))
      if (sent && (await crypto.subtle.verify("HMAC", key, sent, content))) return { kind: "good" };
  }
  return { kind: "bad", reason: "the signature is not that of the secret" };
}

function claimOf(signature: Signature, headers: Headers): Claim | undefined {
  switch (signature.scheme) {
    case "github": {
      const sent = headers.get("x-hub-signature-256");
      return sent === null ? undefined : { prefix: "", signatures: [fromHex(after("sha256=", sent))], hash: "SHA-256" };
    }
    case "stripe": {
      const parts = (headers.get("stripe-signature") ?? "").split(",").map((part) => part.trim().split("=", 2));
      const timestamp = parts.find(([name]) => name === "t")?.[1];
      const signatures = parts.filter(([name]) => name === "v1").map(([, value]) => fromHex(value));
      return timestamp === undefined ? undefined : { prefix: `${timestamp}.`, signatures, hash: "SHA-256", timestamp };
    }
    case "slack": {
      const timestamp = headers.get("x-slack-request-timestamp");
      const sent = headers.get("x-slack-signature");
      if (timestamp === null || sent === null) return undefined;
      return { prefix: `v0:${timestamp}:`, signatures: [fromHex(after("v0=", sent))], hash: "SHA-256", timestamp };
    }
    case "standard": {
      const [id, timestamp, sent] = ["id", "timestamp", "signature"].map(
        (name) => headers.get(`webhook-${name}`) ?? "",
      );
      if (!id || !timestamp || !sent) return undefined;
      const signatures = sent.split(" ").map((entry) => fromBase64(after("v1,", entry)));
      return { prefix: `${id}.${timestamp}.`, signatures, hash: "SHA-256", timestamp };
    }
    case "hmac":
      return hmacClaim(signature.hmac, headers);
    case "bearer":
    case "none":
      return undefined;
    default:
      return assertNever(signature.scheme);
  }
}

function hmacClaim(hmac: Signature["hmac"], headers: Headers): Claim | undefined {
  const sent = headers.get(hmac?.header ?? "x-signature");
  if (!hmac || sent === null) return undefined;
  const text = after(hmac.prefix ?? "", sent);
  const bytes = hmac.encoding === "hex" ? fromHex(text) : fromBase64(text);
  const claim = { signatures: [bytes], hash: HASHES[hmac.algorithm] };
  if (hmac.timestampHeader === undefined) return { ...claim, prefix: "" };
  const timestamp = headers.get(hmac.timestampHeader);
  return timestamp === null ? undefined : { ...claim, prefix: `${timestamp}.`, timestamp };
}

/** Hashes are compared, so that not even the length of the secret shows. */
async function verifyBearer(secrets: readonly string[], headers: Headers): Promise<SignatureVerdict> {
  const [, sent] = /^bearer +(.+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (sent === undefined) return { kind: "bad", reason: "the header authorization is missing" };
  const digest = async (text: string) => new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  const given = await digest(sent);
  for (const secret of secrets) if (secret !== "" && equalBytes(given, await digest(secret))) return { kind: "good" };
  return { kind: "bad", reason: "the token is not the secret" };
}

function isTimely(timestamp: string, at: number, toleranceSecs: number): boolean {
  return /^\d{1,15}$/.test(timestamp) && Math.abs(at / 1000 - Number(timestamp)) <= toleranceSecs;
}

function after(prefix: string, text: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function fromHex(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === undefined || !/^(?:[0-9a-f]{2})+$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Either alphabet, with or without padding. */
function fromBase64(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === undefined || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  try {
    const plain = text.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
