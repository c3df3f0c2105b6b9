import type { TriggerDocument } from "../protocol/api/trigger.ts";
import { REDACTED } from "../protocol/api/webhook.ts";

/** The document as it may be told: a secret is replaced, unless it is nothing but references to variables of the deployment. */
export function redactTrigger(document: TriggerDocument): TriggerDocument {
  if (document.type !== "webhook") return document;
  const { secret, secrets, ...signature } = document.signature;
  return {
    ...document,
    signature: {
      ...signature,
      ...(secret === undefined ? {} : { secret: told(secret) }),
      ...(secrets === undefined ? {} : { secrets: secrets.map(told) }),
    },
  };
}

/** `${VAR:-default}` is told as `[redacted]`: the default may be the secret. */
function told(secret: string): string {
  return /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(secret) ? secret : REDACTED;
}
