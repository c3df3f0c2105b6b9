/**
 * The tokens that D1 holds, as requests ask for them. Owns what this isolate has read of them: a record for 10 s at most, so that D1
 * is not on the way of every request; texts that are no token, alike; both bounded. A token revoked here is forgotten at once, one
 * revoked elsewhere within those 10 s. Uses are noted outside the request's path, once a minute and token.
 */
import type { TokenRecord, TokenStore } from "../core/ports/token-store.ts";
import { RecentValues } from "./recent-values.ts";
import { isSameHash, tokenHash, tokenIdOf } from "./token-text.ts";

const MAX_AGE_MS = 10_000;
const MAX_TOKENS = 1_000;
const USE_INTERVAL_MS = 60_000;

export interface KnownTokensDeps {
  readonly store: TokenStore;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Lets work go on after the request has been answered. */
  readonly background: (work: Promise<void>) => void;
}

export type Recognised =
  | { readonly kind: "valid" | "expired" | "revoked"; readonly token: TokenRecord }
  | { readonly kind: "unknown" };

export class KnownTokens {
  readonly #deps: KnownTokensDeps;
  readonly #records: RecentValues<TokenRecord>;
  readonly #strangers: RecentValues<true>;
  readonly #uses: RecentValues<true>;
  #isEmpty: { readonly value: boolean; readonly until: number } | undefined;

  constructor(deps: KnownTokensDeps) {
    const { now } = deps;
    this.#deps = deps;
    this.#records = new RecentValues({ maxEntries: MAX_TOKENS, maxAgeMs: MAX_AGE_MS, now });
    this.#strangers = new RecentValues({ maxEntries: MAX_TOKENS, maxAgeMs: MAX_AGE_MS, now });
    this.#uses = new RecentValues({ maxEntries: MAX_TOKENS, maxAgeMs: USE_INTERVAL_MS, now });
  }

  /** Whether a token is expired or revoked is told only of the right text; a wrong secret is as unknown as a wrong id. */
  async recognise(text: string): Promise<Recognised> {
    const id = tokenIdOf(text);
    if (id === undefined) return { kind: "unknown" };
    const hash = tokenHash(text);
    const token = await this.#find(id, hash);
    if (!token) return { kind: "unknown" };
    if (token.revokedAt !== undefined) return { kind: "revoked", token };
    const now = this.#deps.now();
    if (token.expiresAt !== undefined && token.expiresAt <= now) return { kind: "expired", token };
    this.#noteUse(token, now);
    return { kind: "valid", token };
  }

  /** Whether no token was ever made; asked again after 10 s while that is so. */
  async isEmpty(): Promise<boolean> {
    const now = this.#deps.now();
    if (this.#isEmpty && this.#isEmpty.until > now) return this.#isEmpty.value;
    const value = await this.#deps.store.isEmpty();
    // Tokens are never removed.
    this.#isEmpty = { value, until: value ? now + MAX_AGE_MS : Number.POSITIVE_INFINITY };
    return value;
  }

  forget({ hash }: Pick<TokenRecord, "hash">): void {
    this.#records.delete(hash);
    this.#isEmpty = undefined;
  }

  /** Looked up by hash: how long that takes tells nothing of a text. */
  async #find(id: string, hash: string): Promise<TokenRecord | undefined> {
    if (this.#strangers.get(hash)) return undefined;
    const recent = this.#records.get(hash);
    if (recent) return recent;
    const stored = await this.#deps.store.find(id);
    if (stored && isSameHash(stored.hash, hash)) {
      this.#records.set(hash, stored);
      return stored;
    }
    this.#strangers.set(hash, true);
    return undefined;
  }

  #noteUse({ id, lastUsedAt }: TokenRecord, now: number): void {
    if (this.#uses.get(id) || (lastUsedAt !== undefined && now - lastUsedAt < USE_INTERVAL_MS)) return;
    this.#uses.set(id, true);
    this.#deps.background(this.#deps.store.recordUse(id, now));
  }
}
