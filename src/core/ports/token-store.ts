import type { Namespace } from "../../protocol/ids.ts";
import type { Scope } from "../../protocol/scope.ts";

/** What is kept of a token; never its text. Times are epoch milliseconds. */
export interface TokenRecord {
  /** The part of the text that is no secret. */
  readonly id: string;
  /** SHA-256 of the whole text, in hexadecimal. */
  readonly hash: string;
  readonly namespace: Namespace;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Patterns of the components that runs started with it may use; absent: all. */
  readonly allowComponents?: readonly string[];
  readonly createdAt: number;
  /** The name of the caller who made it. */
  readonly createdBy: string;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** To the minute. */
  readonly lastUsedAt?: number;
}

export interface TokenQuery {
  readonly namespace?: Namespace;
  readonly limit: number;
  readonly cursor?: string;
}
export interface TokenPage {
  readonly tokens: readonly TokenRecord[];
  readonly nextCursor?: string;
}

/** The access tokens of all namespaces. */
export interface TokenStore {
  insert(token: TokenRecord): Promise<void>;
  find(id: string): Promise<TokenRecord | undefined>;
  /** Newest first, revoked ones included. `query.cursor` must come from a former page. */
  list(query: TokenQuery): Promise<TokenPage>;
  /** Gives the token as it is then: one that was revoked before keeps its time. `undefined` if there is none. */
  revoke(id: string, at: number): Promise<TokenRecord | undefined>;
  /** Notes a use; an earlier one than noted changes nothing. */
  recordUse(id: string, at: number): Promise<void>;
  /** Whether there never was a token. */
  isEmpty(): Promise<boolean>;
}
