import type { RequestFault } from "../protocol/api/error-body.ts";
import type { TriggerDocument } from "../protocol/api/trigger.ts";
import { SIGNING_SECRET_FORM, signingKey } from "../protocol/signing-secret.ts";
import { hookExpressionFault } from "./hook-expression.ts";

/** What is wrong with a webhook beyond its form: expressions that cannot be read, a secret that its scheme cannot use. */
export function checkWebhook(document: TriggerDocument): readonly RequestFault[] {
  if (document.type !== "webhook") return [];
  const { input, filter, idempotencyKey, response, signature } = document;
  const wait = response?.mode === "wait" ? response : undefined;
  const expressions = {
    "/input": input,
    "/filter": filter,
    "/idempotencyKey": idempotencyKey,
    "/response/status": wait?.status,
    "/response/headers": wait?.headers,
    "/response/body": wait?.body,
  };
  const faults: RequestFault[] = Object.entries(expressions).flatMap(([pointer, source]) => {
    const message = source === undefined ? undefined : hookExpressionFault(source);
    return message === undefined ? [] : [{ pointer, message }];
  });
  if (signature.scheme === "standard") {
    for (const secret of [signature.secret, ...(signature.secrets ?? [])])
      if (secret !== undefined && !secret.includes("${") && !signingKey(secret))
        faults.push({ pointer: "/signature", message: `a secret of Standard Webhooks: ${SIGNING_SECRET_FORM}` });
  }
  return faults;
}
