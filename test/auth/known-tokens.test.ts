import { afterAll, expect, test } from "vitest";
import { AccessTokens } from "../../src/auth/access-tokens.ts";
import { KnownTokens } from "../../src/auth/known-tokens.ts";
import type { TokenStore } from "../../src/core/ports/token-store.ts";
import { D1TokenStore } from "../../src/index-store/d1-token-store.ts";
import type { Namespace } from "../../src/protocol/ids.ts";
import type { Scope } from "../../src/protocol/scope.ts";
import { openLocalD1 } from "../index-store/local-d1.ts";

const local = await openLocalD1();
afterAll(() => local.dispose());
const store = new D1TokenStore(local.db);
const admin = { name: "an admin", namespace: "default" as Namespace, scopes: ["admin"] as Scope[] };

/** One isolate's view of the store, with a clock of its own and a count of its reads. */
function isolate(startAt = 1_800_000_000_000) {
  const clock = { now: startAt, reads: 0 };
  const noted: Promise<void>[] = [];
  const counting: TokenStore = {
    insert: (token) => store.insert(token),
    find: (id) => {
      clock.reads++;
      return store.find(id);
    },
    list: (query) => store.list(query),
    revoke: (id, at) => store.revoke(id, at),
    recordUse: (id, at) => store.recordUse(id, at),
    isEmpty: () => store.isEmpty(),
  };
  const now = () => clock.now;
  const known = new KnownTokens({ store: counting, now, background: (work) => noted.push(work) });
  const tokens = new AccessTokens({
    store: counting,
    known,
    now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  return { clock, known, tokens, noted };
}

async function created(at: ReturnType<typeof isolate>, changes: { readonly expiresAt?: number } = {}) {
  const made = await at.tokens.create(admin, {
    name: "t",
    namespace: admin.namespace,
    scopes: ["runs:read"],
    ...changes,
  });
  if (made.kind === "refused") throw new Error(made.reason);
  return made;
}

test("AUTH-1: a token has the form sfe_<id>_<secret>, and only its hash is stored", async () => {
  const here = isolate();
  const { text, token } = await created(here);
  expect(text).toMatch(new RegExp(`^sfe_${token.id}_[0-9a-f]{64}$`));
  const rows = JSON.stringify((await local.db.prepare("SELECT * FROM tokens").all()).results);
  expect(rows).toContain(token.hash);
  expect(rows).not.toContain(text.slice(-64));
  expect(await here.known.recognise(text)).toMatchObject({
    kind: "valid",
    token: { name: "t", scopes: ["runs:read"] },
  });
  expect((await created(here)).text).not.toBe(text);
});

test("AUTH-2: a wrong secret is as unknown as a wrong id, also of a revoked or expired token", async () => {
  const here = isolate();
  const { text, token } = await created(here, { expiresAt: here.clock.now + 1 });
  const flipped = text.at(-1) === "0" ? "1" : "0";
  const wrongSecret = text.slice(0, -1) + flipped;
  await here.tokens.revoke(token.id);
  here.clock.now += 1;
  for (const stranger of [
    wrongSecret,
    text.replace(token.id, "0".repeat(16)),
    `${text}0`,
    "x",
    "sfe_",
    text.toUpperCase(),
  ])
    expect(await here.known.recognise(stranger)).toEqual({ kind: "unknown" });
  expect(await here.known.recognise(text)).toMatchObject({ kind: "revoked" });
});

test("AUTH-7: expiry takes effect at its time, however recently the token was read", async () => {
  const here = isolate();
  const { text } = await created(here, { expiresAt: here.clock.now + 500 });
  here.clock.now += 499;
  expect(await here.known.recognise(text)).toMatchObject({ kind: "valid" });
  here.clock.now += 1;
  expect(await here.known.recognise(text)).toMatchObject({ kind: "expired" });
  expect(here.clock.reads).toBe(1);
});

test("AUTH-7: a token revoked here is refused at once, one revoked elsewhere within 10 s; until then nothing is read", async () => {
  const [here, elsewhere] = [isolate(), isolate()];
  const { text, token } = await created(here);
  for (const at of [here, elsewhere]) expect(await at.known.recognise(text)).toMatchObject({ kind: "valid" });
  await here.tokens.revoke(token.id);
  expect(await here.known.recognise(text)).toMatchObject({ kind: "revoked" });
  elsewhere.clock.now += 9_999;
  expect(await elsewhere.known.recognise(text)).toMatchObject({ kind: "valid" });
  expect(elsewhere.clock.reads).toBe(1);
  elsewhere.clock.now += 1;
  expect(await elsewhere.known.recognise(text)).toMatchObject({ kind: "revoked" });
});

test("AUTH-7: a text that is no token is asked for once in 10 s, and one that cannot be one never", async () => {
  const here = isolate();
  const stranger = `sfe_${"0".repeat(16)}_${"0".repeat(64)}`;
  for (let n = 0; n < 5; n++) await here.known.recognise(stranger);
  await here.known.recognise("no token at all");
  expect(here.clock.reads).toBe(1);
  here.clock.now += 10_000;
  await here.known.recognise(stranger);
  expect(here.clock.reads).toBe(2);
});

test("AUTH-7: what is remembered of strangers is bounded", async () => {
  const here = isolate();
  const stranger = (n: number) => `sfe_${n.toString(16).padStart(16, "0")}_${"0".repeat(64)}`;
  for (let n = 0; n <= 1_000; n++) await here.known.recognise(stranger(n));
  expect(here.clock.reads).toBe(1_001);
  await here.known.recognise(stranger(1_000));
  expect(here.clock.reads).toBe(1_001);
  await here.known.recognise(stranger(0));
  expect(here.clock.reads).toBe(1_002);
});

test("AUTH-8: a use is noted in the background, once a minute", async () => {
  const here = isolate();
  const { text, token } = await created(here);
  const lastUsedAt = async () => {
    await Promise.all(here.noted);
    return (await store.find(token.id))?.lastUsedAt;
  };
  const first = here.clock.now;
  expect(await lastUsedAt()).toBeUndefined();
  for (const later of [0, 30_000, 59_999]) {
    here.clock.now = first + later;
    await here.known.recognise(text);
    expect(await lastUsedAt()).toBe(first);
  }
  here.clock.now = first + 60_000;
  await here.known.recognise(text);
  expect(await lastUsedAt()).toBe(first + 60_000);
  expect(here.noted).toHaveLength(2);
});

test("AUTH-10: that no token was ever made is asked again, that there is one is not", async () => {
  const fresh = await openLocalD1();
  try {
    const empty = new D1TokenStore(fresh.db);
    const clock = { now: 0 };
    const known = new KnownTokens({ store: empty, now: () => clock.now, background: () => {} });
    expect(await known.isEmpty()).toBe(true);
    const token = { id: "0".repeat(16), hash: "0", namespace: admin.namespace, name: "t", scopes: [], createdAt: 0 };
    await empty.insert({ ...token, createdBy: "elsewhere" });
    expect(await known.isEmpty()).toBe(true);
    clock.now += 10_000;
    expect(await known.isEmpty()).toBe(false);
  } finally {
    await fresh.dispose();
  }
});
