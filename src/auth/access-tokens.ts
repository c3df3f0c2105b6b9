import type { TokenPage, TokenQuery, TokenRecord, TokenStore } from "../core/ports/token-store.ts";
import type { Namespace } from "../protocol/ids.ts";
import type { Scope } from "../protocol/scope.ts";
import { type Caller, mayDo } from "./caller.ts";
import type { KnownTokens } from "./known-tokens.ts";
import { newTokenText, tokenHash } from "./token-text.ts";

export interface NewToken {
  readonly name: string;
  readonly namespace: Namespace;
  readonly scopes: readonly Scope[];
  readonly allowComponents?: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}
export type Created =
  | { readonly kind: "created"; readonly token: TokenRecord; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Makes, lists and revokes access tokens. Nobody makes one that may do more than they. */
export class AccessTokens {
  readonly #store: TokenStore;
  readonly #known: Pick<KnownTokens, "forget">;
  readonly #now: () => number;
  readonly #randomBytes: (count: number) => Uint8Array;

  constructor(deps: {
    readonly store: TokenStore;
    readonly known: Pick<KnownTokens, "forget">;
    readonly now: () => number;
    readonly randomBytes: (count: number) => Uint8Array;
  }) {
    this.#store = deps.store;
    this.#known = deps.known;
    this.#now = deps.now;
    this.#randomBytes = deps.randomBytes;
  }

  /** The text is given this once; what is stored cannot bring it back. */
  async create(caller: Caller, wanted: NewToken): Promise<Created> {
    const allowComponents = wanted.allowComponents ?? caller.allowComponents;
    const reason = excess(caller, { ...wanted, ...(allowComponents ? { allowComponents } : {}) });
    if (reason !== undefined) return { kind: "refused", reason };
    const { id, text } = newTokenText(this.#randomBytes);
    const token: TokenRecord = {
      ...wanted,
      ...(allowComponents ? { allowComponents } : {}),
      id,
      hash: tokenHash(text),
      createdAt: this.#now(),
      createdBy: caller.name,
    };
    await this.#store.insert(token);
    this.#known.forget(token);
    return { kind: "created", token, text };
  }

  list(query: TokenQuery): Promise<TokenPage> {
    return this.#store.list(query);
  }

  /** `undefined` if there is no such token. */
  async revoke(id: string): Promise<TokenRecord | undefined> {
    const token = await this.#store.revoke(id, this.#now());
    if (token) this.#known.forget(token);
    return token;
  }
}

/** What the wanted token could do that its maker cannot. */
function excess(caller: Caller, wanted: NewToken): string | undefined {
  const more = wanted.scopes.find((scope) => !mayDo(caller, scope));
  if (more !== undefined) return `You cannot make a token with the scope "${more}", which yours does not have.`;
  if (wanted.namespace !== caller.namespace && !mayDo(caller, "admin"))
    return `Only a token with the scope "admin" can make one for another namespace than its own, "${caller.namespace}".`;
  const { allowComponents: allowed } = caller;
  if (!allowed) return undefined;
  const pattern = wanted.allowComponents?.find((candidate) => !allowed.includes(candidate));
  if (pattern === undefined) return undefined;
  return `You cannot make a token for the components "${pattern}": yours is for ${allowed.map((known) => `"${known}"`).join(", ")}.`;
}
