import { z } from "zod";
import { jsonValue } from "./json-value.ts";

/** What stands in an answer where a secret is. A document with this text in place of a secret is refused. */
export const REDACTED = "[redacted]";
const MAX_WAIT_SECS = 300;

const secret = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => text !== REDACTED, "this stands for a secret that is not told: give the secret itself")
  .meta({ description: "The secret, or `${VAR}` of the deployment's variables. Never told again." });
const secrets = {
  secret: secret.optional(),
  secrets: z
    .array(secret)
    .min(1)
    .max(5)
    .optional()
    .meta({ description: "Several, while a secret is replaced by another: each of them is good." }),
};
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "not the name of a header");
const hmac = z.strictObject({
  header: headerName,
  algorithm: z.enum(["sha256", "sha1", "sha512"]).default("sha256"),
  encoding: z.enum(["hex", "base64", "base64url"]).default("hex"),
  prefix: z.string().max(100).optional().meta({ description: "What stands before the signature in its header." }),
  timestampHeader: headerName.optional().meta({
    description: "Holds the time of sending, in seconds; signed is then `<time>.<body>`. Otherwise only the body is.",
  }),
});

const signature = z
  .strictObject({
    scheme: z.enum(["github", "stripe", "slack", "standard", "hmac", "bearer", "none"]),
    ...secrets,
    hmac: hmac.optional(),
    toleranceSecs: z
      .number()
      .min(1)
      .max(86_400)
      .default(300)
      .meta({ description: "How far the time of sending may be off, where the scheme signs one." }),
  })
  .check(({ value, issues }) => {
    const refuse = (path: string, message: string): void => {
      issues.push({ code: "custom", input: value, path: [path], message });
    };
    const given = [value.secret, value.secrets].filter((one) => one !== undefined).length;
    if (value.scheme === "none") {
      if (given > 0) refuse("secret", "the scheme `none` checks no signature: leave the secret out");
    } else if (given !== 1) {
      refuse("secret", "give `secret` or `secrets`, or the scheme `none` to take every request");
    }
    if ((value.scheme === "hmac") !== (value.hmac !== undefined))
      refuse("hmac", "`hmac` goes with the scheme `hmac`, and with no other");
  })
  .meta({ id: "WebhookSignature", description: "How a delivery proves who sent it." });

const expression = jsonValue.meta({
  description:
    'An expression of the flow language over `$input`: `{body, headers, query, path, method, rawBody?}`, or `{"jsonata": "…"}` over the same.',
});

const response = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("accepted") }),
    z.strictObject({
      mode: z.literal("wait"),
      timeoutSecs: z.number().min(1).max(MAX_WAIT_SECS).default(30),
      status: expression.optional(),
      headers: expression.optional(),
      body: expression.optional(),
    }),
  ])
  .meta({
    id: "WebhookResponse",
    description:
      "`accepted` answers 202 at once. `wait` answers when the run has ended, with expressions over `{output, outcome, runId}`; 202 after `timeoutSecs`.",
  });

/** What a webhook has besides what every trigger has. */
export const webhookFields = {
  signature,
  input: expression.optional().meta({ description: "What the run gets; the body unless given." }),
  filter: expression.optional().meta({ description: "Only deliveries for which it is true start a run." }),
  idempotencyKey: expression.optional().meta({
    description:
      "What makes two deliveries the same; the sender's delivery id where the scheme has one, else the body's hash.",
  }),
  response: response.optional(),
};
