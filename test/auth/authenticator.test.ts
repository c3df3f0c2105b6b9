import { describe, expect, test } from "vitest";
import { Authenticator, type AuthenticatorDeps } from "../../src/auth/authenticator.ts";
import type { Recognised } from "../../src/auth/known-tokens.ts";

const BOOTSTRAP = "b".repeat(32);
const NOBODY: Recognised = { kind: "unknown" };
const request = (authorization?: string, url = "http://127.0.0.1/", origin?: string) =>
  new Request(url, {
    headers: { ...(authorization === undefined ? {} : { authorization }), ...(origin === undefined ? {} : { origin }) },
  });

/** Where no token is stored, unless `hasTokens`. */
function authenticator(changes: Partial<AuthenticatorDeps> & { readonly hasTokens?: boolean } = {}): Authenticator {
  const { hasTokens = false, ...deps } = changes;
  const tokens = { recognise: async () => NOBODY, isEmpty: async () => !hasTokens };
  return new Authenticator({ bootstrapToken: undefined, access: { kind: "off" }, localMode: false, tokens, ...deps });
}
const admin = (name: string) => ({ kind: "known", caller: { name, namespace: "default", scopes: ["admin"] } });
const refused = (status: string, reason: string) => ({
  kind: "refused",
  status,
  reason: expect.stringContaining(reason),
});
const unauthenticated = (given: boolean, reason: string) => ({
  kind: "unauthenticated",
  given,
  reason: expect.stringContaining(reason),
});

describe("AUTH-9: the bootstrap token", () => {
  test.each(["Bearer ", "bearer ", "BEARER   "])("is an admin of default, after %j", async (scheme) => {
    const closed = authenticator({ bootstrapToken: BOOTSTRAP });
    expect(await closed.authenticate(request(scheme + BOOTSTRAP))).toEqual(admin("bootstrap token"));
  });

  test("may be of any form, but not shorter than 32 characters", async () => {
    const short = authenticator({ bootstrapToken: "b".repeat(31), localMode: true });
    for (const authorization of [undefined, `Bearer ${"b".repeat(31)}`])
      expect(await short.authenticate(request(authorization))).toEqual(
        refused("UNAVAILABLE", "at least 32 characters"),
      );
  });

  test("is not guessed: any other text is unknown", async () => {
    const closed = authenticator({ bootstrapToken: BOOTSTRAP });
    for (const text of [BOOTSTRAP.slice(1), `${BOOTSTRAP}b`, BOOTSTRAP.toUpperCase()])
      expect(await closed.authenticate(request(`Bearer ${text}`))).toEqual(unauthenticated(true, "not known"));
  });
});

describe("AUTH-10: closed by default", () => {
  test.each([undefined, "Bearer x"])("without any token nobody is served: %j", async (authorization) => {
    expect(await authenticator().authenticate(request(authorization))).toEqual(
      refused("UNAVAILABLE", "STEPFLOW_BOOTSTRAP_TOKEN"),
    );
  });

  test("with a stored token one is asked for", async () => {
    const closed = authenticator({ hasTokens: true });
    expect(await closed.authenticate(request())).toEqual(unauthenticated(false, "Bearer <token>"));
    expect(await closed.authenticate(request("Bearer x"))).toEqual(unauthenticated(true, "not known"));
  });

  test.each(["Bearer", "Bearer ", undefined])("local mode needs no token: %j", async (authorization) => {
    const local = authenticator({ localMode: true, hasTokens: true });
    expect(await local.authenticate(request(authorization))).toEqual(admin("local mode"));
  });

  test.each(["Bearer x", "Basic eDp5", "Bearerx"])("local mode refuses a bad one: %j", async (authorization) => {
    const local = authenticator({ localMode: true });
    expect(await local.authenticate(request(authorization))).toMatchObject({ kind: "unauthenticated", given: true });
  });

  test("local mode opens nothing where a bootstrap token is configured", async () => {
    const local = authenticator({ localMode: true, bootstrapToken: BOOTSTRAP });
    expect(await local.authenticate(request())).toEqual(unauthenticated(false, "Bearer <token>"));
  });

  test("local mode is for this machine: other names, and pages of other sites, get in only with a token", async () => {
    const local = authenticator({ localMode: true });
    expect(await local.authenticate(request(undefined, "http://evil.example/"))).toEqual(
      refused("UNAVAILABLE", "evil.example"),
    );
    expect(await local.authenticate(request(undefined, undefined, "https://evil.example"))).toEqual(
      refused("FORBIDDEN", "https://evil.example"),
    );
    const withTokens = authenticator({ localMode: true, hasTokens: true });
    expect(await withTokens.authenticate(request(undefined, "http://evil.example/"))).toEqual(
      unauthenticated(false, "Bearer <token>"),
    );
  });
});
