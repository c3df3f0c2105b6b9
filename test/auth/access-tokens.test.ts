import { afterAll, describe, expect, test } from "vitest";
import { AccessTokens, type NewToken } from "../../src/auth/access-tokens.ts";
import type { Caller } from "../../src/auth/caller.ts";
import { D1TokenStore } from "../../src/index-store/d1-token-store.ts";
import type { Namespace } from "../../src/protocol/ids.ts";
import { openLocalD1 } from "../index-store/local-d1.ts";

const local = await openLocalD1();
afterAll(() => local.dispose());
let now = 1_800_000_000_000;
const tokens = new AccessTokens({
  store: new D1TokenStore(local.db),
  known: { forget: () => {} },
  now: () => now++,
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
});
const namespace = (name: string) => name as Namespace;
const caller = (changes: Partial<Caller>): Caller => ({
  name: "maker",
  namespace: namespace("a"),
  scopes: ["admin"],
  ...changes,
});
const wanted = (changes: Partial<NewToken>): NewToken => ({
  name: "t",
  namespace: namespace("a"),
  scopes: ["runs:read"],
  ...changes,
});

describe("AUTH-6: nobody makes a token that may do more than they", () => {
  test.each<[string, Caller, NewToken, string]>([
    ["a scope", caller({ scopes: ["runs:read"] }), wanted({ scopes: ["runs:read", "runs:write"] }), '"runs:write"'],
    ["admin", caller({ scopes: ["runs:read", "triggers"] }), wanted({ scopes: ["admin"] }), '"admin"'],
    ["a namespace", caller({ scopes: ["runs:read"] }), wanted({ namespace: namespace("b") }), '"a"'],
    ["components", caller({ allowComponents: ["/text/*"] }), wanted({ allowComponents: ["/text/*", "/*"] }), '"/*"'],
  ])("%s", async (_, maker, token, named) => {
    expect(await tokens.create(maker, token)).toEqual({ kind: "refused", reason: expect.stringContaining(named) });
  });

  test("a bound to components is passed on, whole or in part", async () => {
    const maker = caller({ allowComponents: ["/text/*", "/builtin/*"] });
    expect(await tokens.create(maker, wanted({}))).toMatchObject({
      token: { allowComponents: ["/text/*", "/builtin/*"] },
    });
    expect(await tokens.create(maker, wanted({ allowComponents: ["/text/*"] }))).toMatchObject({
      token: { allowComponents: ["/text/*"], createdBy: "maker" },
    });
  });

  test("an admin makes them for any namespace", async () => {
    expect(await tokens.create(caller({}), wanted({ namespace: namespace("b") }))).toMatchObject({
      kind: "created",
      token: { namespace: "b" },
    });
  });
});

test("tokens are listed newest first, by namespace and page, without gap or overlap; a revoked one keeps its first time", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    const made = await tokens.create(caller({}), wanted({ namespace: namespace("listed") }));
    if (made.kind === "created") ids.unshift(made.token.id);
  }
  const query = { namespace: namespace("listed"), limit: 2 };
  const first = await tokens.list(query);
  const second = await tokens.list({ ...query, cursor: first.nextCursor ?? "" });
  expect([...first.tokens, ...second.tokens].map(({ id }) => id)).toEqual(ids);
  expect(second).not.toHaveProperty("nextCursor");

  const revoked = await tokens.revoke(ids[0] ?? "");
  expect(revoked?.revokedAt).toBeGreaterThan(0);
  expect(await tokens.revoke(ids[0] ?? "")).toEqual(revoked);
  expect(await tokens.revoke("0".repeat(16))).toBeUndefined();
  expect((await tokens.list({ limit: 100 })).tokens.length).toBeGreaterThan(3);
});
