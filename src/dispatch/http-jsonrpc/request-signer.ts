import { signedContent, signingKey } from "../../protocol/signing-secret.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** Signs messages to one worker in the form of Standard Webhooks. */
export class RequestSigner {
  readonly #secret: Uint8Array<ArrayBuffer>;
  readonly #now: () => number;
  #key: Awaited<ReturnType<typeof crypto.subtle.importKey>> | undefined;

  /** Throws for a secret that the configuration would have refused. */
  constructor(secret: string, now: () => number) {
    const key = signingKey(secret);
    if (!key) throw new Error("a signing secret of another form than the configuration takes");
    this.#secret = key;
    this.#now = now;
  }

  /** The headers that go with a message. The same id stands for the same message, sent again. */
  async headers(id: string, body: string): Promise<Readonly<Record<string, string>>> {
    this.#key ??= await crypto.subtle.importKey("raw", this.#secret, HMAC, false, ["sign"]);
    const timestamp = String(Math.floor(this.#now() / 1000));
    const content = new TextEncoder().encode(signedContent(id, timestamp, body));
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", this.#key, content));
    return {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${btoa(String.fromCharCode(...signature))}`,
    };
  }
}
