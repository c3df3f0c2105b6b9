import {
  SIGNATURE_TOLERANCE_SECS,
  SIGNING_SECRET_FORM,
  signedContent,
  signingKey,
} from "../../protocol/signing-secret.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/**
 * Checks that messages come from who has the secret, in the form of Standard Webhooks. A message that is sent again within five
 * minutes is good again: the idempotency key tells what has been done before.
 */
export class SignatureCheck {
  readonly #secret: Uint8Array<ArrayBuffer>;
  readonly #now: () => number;
  #key: Awaited<ReturnType<typeof crypto.subtle.importKey>> | undefined;

  /** Throws for a secret of another form. */
  constructor(secret: string, now: () => number) {
    const key = signingKey(secret);
    if (!key) throw new Error(`signingSecret: ${SIGNING_SECRET_FORM}`);
    this.#secret = key;
    this.#now = now;
  }

  /** What is wrong; `undefined` for a good message. */
  async fault(headers: Headers, body: string): Promise<string | undefined> {
    const id = headers.get("webhook-id");
    const timestamp = headers.get("webhook-timestamp");
    const signatures = headers.get("webhook-signature");
    if (id === null || timestamp === null || signatures === null) return "This worker takes only signed messages";
    const offSecs = Math.abs(this.#now() / 1000 - Number(timestamp));
    if (!/^\d{1,15}$/.test(timestamp) || offSecs > SIGNATURE_TOLERANCE_SECS)
      return "The time of the message is too far from this worker's";
    this.#key ??= await crypto.subtle.importKey("raw", this.#secret, HMAC, false, ["verify"]);
    const content = new TextEncoder().encode(signedContent(id, timestamp, body));
    for (const entry of signatures.split(" ")) {
      const signature = entry.startsWith("v1,") ? fromBase64(entry.slice("v1,".length)) : undefined;
      // Takes the same time whatever differs.
      if (signature && (await crypto.subtle.verify("HMAC", this.#key, signature, content))) return undefined;
    }
    return "The signature is not good: the signing secrets of the worker and the orchestrator differ";
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
