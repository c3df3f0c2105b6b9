/** Secrets and signed content as Standard Webhooks has them: what the orchestrator signs its calls to workers with. */

const MIN_BYTES = 24;
const MAX_BYTES = 64;
export const SIGNING_SECRET_FORM = `expected ${MIN_BYTES} to ${MAX_BYTES} random bytes in base64, after "whsec_"`;
/** How far the time of a message may be off, in seconds. */
export const SIGNATURE_TOLERANCE_SECS = 5 * 60;

/** The key that a secret stands for; `undefined` for a text of another form. */
export function signingKey(secret: string): Uint8Array<ArrayBuffer> | undefined {
  const text = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    const bytes = new Uint8Array(Array.from(atob(text), (character) => character.charCodeAt(0)));
    return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** What is signed, in UTF-8. `timestamp`: in seconds, as the header has it. */
export function signedContent(id: string, timestamp: string, body: string): string {
  return `${id}.${timestamp}.${body}`;
}
