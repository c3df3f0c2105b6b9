/** Access tokens. All of it takes `admin`: a token that could make others would outlive its own revocation in them. */
import type { z } from "zod";
import type { TokenRecord } from "../core/ports/token-store.ts";
import {
  createdToken,
  createTokenBody,
  listedToken,
  listTokensQuery,
  tokenPage,
  tokenParams,
} from "../protocol/api/token.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { DEFAULT_PAGE } from "./runs.ts";

export function tokenOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/tokens",
      scope: "admin",
      operationId: "createToken",
      tag: "Tokens",
      summary: "Make an access token",
      description: "Its text is in this answer and nowhere else: only its SHA-256 is kept.",
      body: createTokenBody,
      responses: { 201: { description: "Made.", schema: createdToken } },
      async handle({ caller, namespace, body, warnings }) {
        const { name, scopes, allowComponents } = body;
        const expiresAt = body.expiresAt === undefined ? undefined : Date.parse(body.expiresAt);
        if (expiresAt !== undefined && expiresAt <= deps.now())
          throw invalidRequest([{ pointer: "/expiresAt", message: "this time is over" }]);
        const created = await deps.tokens.create(caller, {
          name,
          namespace: body.namespace ?? namespace,
          scopes: [...new Set(scopes)],
          ...(allowComponents === undefined ? {} : { allowComponents }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        });
        if (created.kind === "refused") throw new ApiError("FORBIDDEN", created.reason);
        return jsonReply({ ...listed(created.token), token: created.text }, { status: 201, warnings });
      },
    }),
    operation({
      method: "get",
      path: "/tokens",
      scope: "admin",
      operationId: "listTokens",
      tag: "Tokens",
      summary: "List access tokens",
      description: "Those of all namespaces, newest first, revoked ones included.",
      query: listTokensQuery,
      responses: { 200: { description: "One page.", schema: tokenPage } },
      async handle({ query, warnings }) {
        const page = await deps.tokens.list({ ...query, limit: query.limit ?? DEFAULT_PAGE });
        return jsonReply({ ...page, tokens: page.tokens.map(listed) }, { warnings });
      },
    }),
    operation({
      method: "delete",
      path: "/tokens/{tokenId}",
      scope: "admin",
      operationId: "revokeToken",
      tag: "Tokens",
      summary: "Revoke an access token",
      description: "It is refused everywhere within 10 seconds. Event streams that are open then go on to their end.",
      params: tokenParams,
      responses: { 200: { description: "Revoked, now or before.", schema: listedToken } },
      async handle({ params }) {
        const token = await deps.tokens.revoke(params.tokenId);
        if (!token) throw new ApiError("NOT_FOUND", `There is no token ${params.tokenId}.`);
        return jsonReply(listed(token));
      },
    }),
  ];
}

function listed(token: TokenRecord): z.input<typeof listedToken> {
  const { id, namespace, name, scopes, allowComponents, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt } =
    token;
  return {
    id,
    namespace,
    name,
    scopes: [...scopes],
    ...(allowComponents === undefined ? {} : { allowComponents: [...allowComponents] }),
    createdAt: isoTime(createdAt),
    createdBy,
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: isoTime(revokedAt) }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: isoTime(lastUsedAt) }),
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
