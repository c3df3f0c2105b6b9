/** AUTH-13, with keys made by jose and served over HTTP as Cloudflare serves them. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccessJwt } from "../../src/auth/access-jwt.ts";
import { readAccessSettings } from "../../src/auth/access-settings.ts";
import { type LocalOrchestrator, startOrchestrator } from "../api/local-orchestrator.ts";

const AUDIENCE = "f0e1d2c3";
let server: Server;
let team: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: Awaited<ReturnType<typeof generateKeyPair>>;
let fetches = 0;
let broken = false;

beforeAll(async () => {
  keys = await generateKeyPair("RS256");
  strangers = await generateKeyPair("RS256");
  const body = JSON.stringify({
    keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" }],
  });
  server = createServer((request, response) => {
    fetches++;
    const found = request.url === "/cdn-cgi/access/certs" && !broken;
    response.writeHead(found ? 200 : 500, { "content-type": "application/json" }).end(found ? body : "{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  team = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  fetches = 0;
  broken = false;
});

interface Changes {
  readonly payload?: JWTPayload;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expiresAt?: number | null;
  readonly kid?: string;
  readonly key?: Awaited<ReturnType<typeof generateKeyPair>>;
}
function jwt({
  payload = { email: "ada@example.com" },
  issuer = team,
  audience = AUDIENCE,
  kid = "k1",
  ...rest
}: Changes = {}) {
  const { expiresAt = Math.floor(Date.now() / 1000) + 60, key = keys } = rest;
  const unsigned = new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuer(issuer)
    .setAudience(audience);
  return (expiresAt === null ? unsigned : unsigned.setExpirationTime(expiresAt)).sign(key.privateKey);
}
function verifier() {
  const settings = readAccessSettings({ ACCESS_TEAM_DOMAIN: team, ACCESS_AUD: AUDIENCE });
  if (settings.kind !== "on") throw new Error("the settings are good");
  return new AccessJwt(settings, Date.now);
}

describe("AUTH-13: a JWT of Cloudflare Access", () => {
  test.each([
    [{ email: "ada@example.com", sub: "1" }, "Access: ada@example.com"],
    [{ common_name: "a service token", sub: "" }, "Access: a service token"],
  ])("is who it says: %j", async (payload, name) => {
    expect(await verifier().authenticate(await jwt({ payload }))).toEqual({
      kind: "known",
      caller: { name, namespace: "default", scopes: ["runs:read"] },
    });
  });

  test("the keys are fetched once", async () => {
    const access = verifier();
    for (let n = 0; n < 3; n++) expect(await access.authenticate(await jwt())).toMatchObject({ kind: "known" });
    expect(fetches).toBe(1);
  });

  test.each<[string, () => Promise<string>]>([
    ["signed by another", () => jwt({ key: strangers })],
    ["signed with an unknown key", () => jwt({ kid: "k2" })],
    ["of another team", () => jwt({ issuer: "https://other.cloudflareaccess.com" })],
    ["for another application", () => jwt({ audience: "other" })],
    ["without an end", () => jwt({ expiresAt: null })],
    ["expired and signed by another", () => jwt({ key: strangers, expiresAt: 1 })],
    ["cut off", async () => (await jwt()).slice(0, -4)],
    ["unsigned", async () => `${btoa('{"alg":"none"}')}.${(await jwt()).split(".")[1]}.`],
    ["no JWT", async () => "x"],
  ])("is refused when it is %s", async (_, make) => {
    expect(await verifier().authenticate(await make())).toEqual({
      kind: "unauthenticated",
      given: true,
      reason: "The Cloudflare Access token of this request is not valid here.",
    });
  });

  test("is told to be expired when that is all that is wrong", async () => {
    const reason = expect.stringContaining("has expired");
    expect(await verifier().authenticate(await jwt({ expiresAt: 1 }))).toMatchObject({
      kind: "unauthenticated",
      reason,
    });
  });

  test("cannot be checked without the keys: that is no fault of the token", async () => {
    broken = true;
    expect(await verifier().authenticate(await jwt())).toMatchObject({ kind: "refused", status: "UNAVAILABLE" });
  });
});

describe("AUTH-13: settings", () => {
  const both = { ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", ACCESS_AUD: "a" };
  test.each([
    [{}, { kind: "off" }],
    [both, { kind: "on", issuer: "https://team.cloudflareaccess.com", audience: "a", scopes: ["runs:read"] }],
    [
      { ...both, ACCESS_SCOPES: "runs:write, runs:read" },
      { kind: "on", scopes: ["runs:read", "runs:write"] },
    ],
    [{ ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com" }, { kind: "fault" }],
    [{ ACCESS_AUD: "a" }, { kind: "fault" }],
    [
      { ...both, ACCESS_SCOPES: "root" },
      { kind: "fault", reason: expect.stringContaining('"root"') },
    ],
    [{ ...both, ACCESS_TEAM_DOMAIN: "http://team.cloudflareaccess.com" }, { kind: "fault" }],
    [{ ...both, ACCESS_TEAM_DOMAIN: "a b" }, { kind: "fault" }],
    [{ ...both, ACCESS_TEAM_DOMAIN: "https://team.cloudflareaccess.com/x" }, { kind: "fault" }],
  ])("%j", (bindings, settings) => {
    expect(readAccessSettings(bindings)).toMatchObject(settings);
  });
});

describe("AUTH-13: a deployment behind Cloudflare Access", () => {
  let api: LocalOrchestrator;
  const get = async (headers: Record<string, string>, method = "GET") =>
    (await api.call(method, "/api/v1/runs", method === "GET" ? undefined : {}, headers)).status;

  beforeAll(async () => {
    api = await startOrchestrator({ ACCESS_TEAM_DOMAIN: team, ACCESS_AUD: AUDIENCE });
  });
  afterAll(() => api.dispose());

  test("serves who comes through it, with its scopes, and nobody without; local mode opens nothing then", async () => {
    const assertion = { "cf-access-jwt-assertion": await jwt() };
    expect(await get(assertion)).toBe(200);
    expect(await get(assertion, "POST")).toBe(403);
    expect(await get({})).toBe(401);
    expect(await get({ "cf-access-jwt-assertion": await jwt({ key: strangers }) })).toBe(401);
    expect(await get({ ...assertion, authorization: "Bearer x" })).toBe(401);
  });

  test("with settings that cannot be right nobody is served", async () => {
    const closed = await startOrchestrator({ ACCESS_AUD: AUDIENCE });
    try {
      const { status, body } = await closed.call("GET", "/api/v1/runs");
      expect([status, body.error.message]).toEqual([503, expect.stringContaining("ACCESS_TEAM_DOMAIN")]);
    } finally {
      await closed.dispose();
    }
  });
});
