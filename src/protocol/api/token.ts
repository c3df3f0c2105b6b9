import { z } from "zod";
import { COMPONENT_PATTERN, COMPONENT_PATTERN_FORM } from "../component-pattern.ts";
import type { Namespace } from "../ids.ts";
import { SCOPES } from "../scope.ts";
import { requestFault } from "./error-body.ts";
import { listCursor, nextCursor } from "./identifier.ts";
import { pageLimit } from "./query-value.ts";

const time = z.iso.datetime({ offset: true });
const name = z.string().min(1).max(200);
const scopes = z.array(z.enum(SCOPES)).min(1).meta({ description: "What it may do. `admin` stands for all." });
const pattern = z
  .string()
  .max(500)
  .regex(COMPONENT_PATTERN, COMPONENT_PATTERN_FORM)
  .meta({ examples: ["/text/*"] });

const namespaceSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    "a namespace has 1 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen",
  )
  .transform((text) => text as Namespace)
  .meta({ type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$", examples: ["default"] });

/** `POST /tokens`. */
export const createTokenBody = z
  .object({
    name: name.meta({ description: "What it is for.", examples: ["ci"] }),
    scopes,
    namespace: namespaceSchema
      .optional()
      .meta({ description: "Whose runs, flows and blobs it sees; yours unless given." }),
    expiresAt: time.optional().meta({ description: "Never unless given." }),
    allowComponents: z
      .array(pattern)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: "Which components runs started with it may use; all unless given." }),
  })
  .meta({ id: "CreateToken", examples: [{ name: "ci", scopes: ["runs:read", "runs:write"] }] });

const tokenFields = {
  id: z.string().meta({ description: "The middle part of the token; no secret." }),
  namespace: namespaceSchema,
  name,
  scopes,
  allowComponents: z.array(pattern).optional(),
  createdAt: time,
  createdBy: z.string(),
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional().meta({ description: "To the minute." }),
};

export const listedToken = z.object(tokenFields).meta({ id: "Token", description: "A token without its secret." });

export const createdToken = z
  .object({
    ...tokenFields,
    token: z.string().meta({ description: "`sfe_<id>_<secret>`: given this once, and kept nowhere." }),
    warnings: z.array(requestFault).optional(),
  })
  .meta({ id: "CreatedToken" });

export const tokenParams = z.object({
  tokenId: z
    .string()
    .regex(/^[0-9a-f]{16}$/, "not a token's id: 16 hexadecimal digits are expected")
    .meta({ examples: ["5aa762ae383fbb72"] }),
});

export const listTokensQuery = z.object({
  namespace: namespaceSchema.optional().meta({ description: "Only those of this namespace." }),
  limit: pageLimit,
  cursor: listCursor.optional(),
});

export const tokenPage = z.object({ tokens: z.array(listedToken), nextCursor }).meta({ id: "TokenPage" });
