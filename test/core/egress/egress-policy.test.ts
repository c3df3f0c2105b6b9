import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/core/config/index.ts";
import { checkEgress, type EgressConfig, egressPolicy, parseHostPattern } from "../../../src/core/egress/index.ts";
import { HOSTILE_URLS } from "./hostile-urls.ts";

/** The rule that refuses, or `undefined`. */
function ruleOf(url: string, config: EgressConfig = {}, local = false): string | undefined {
  const verdict = checkEgress(url, egressPolicy(config, local));
  return verdict.kind === "refused" ? verdict.rule : undefined;
}
function hosts(...texts: string[]): EgressConfig {
  return { allowHosts: texts.map((text) => parseHostPattern(text)!) };
}

describe("by default", () => {
  test.each(HOSTILE_URLS)("NET-1 NET-2 NET-3 NET-5 %j is refused: %s", (url, rule) => {
    expect(ruleOf(url)).toBe(rule);
  });

  test.each([
    "https://example.com",
    "https://example.com:443/x?y#z",
    "https://EXAMPLE.com./",
    "https://münchen.example.com/",
    "https://127.0.0.1.nip.io/",
    "https://notlocalhost.com/",
    "https://internal.example.com/",
    "https://local.dev/",
    "https://xn--bcher-kva.example.org/",
    "https://172.example.com/",
  ])("NET-4 %s is let through", (url) => {
    expect(ruleOf(url)).toBeUndefined();
  });

  test("NET-1 a refusal tells nothing of user, password, path and query", () => {
    for (const url of ["https://me:secret@10.0.0.1/secret?secret", "http://h.example.com/secret?secret#secret"])
      expect(JSON.stringify(checkEgress(url, egressPolicy()))).not.toMatch(/secret|me:/);
  });
});

describe("NET-4 with a list", () => {
  test.each<[string, readonly string[], string | undefined]>([
    ["https://api.example.com/", ["api.example.com"], undefined],
    ["https://API.example.com./", ["Api.Example.com"], undefined],
    ["https://bücher.example.com/", ["xn--bcher-kva.example.com"], undefined],
    ["https://xn--bcher-kva.example.com/", ["bücher.example.com"], undefined],
    ["https://other.example.com/", ["api.example.com"], "allow_hosts"],
    ["https://api.example.com.evil.org/", ["api.example.com"], "allow_hosts"],
    ["https://a.example.com/", ["*.example.com"], undefined],
    ["https://a.b.example.com/", ["*.example.com"], undefined],
    ["https://example.com/", ["*.example.com"], "allow_hosts"],
    ["https://evilexample.com/", ["*.example.com"], "allow_hosts"],
    ["https://a.example.com:8443/", ["*.example.com:8443"], undefined],
    ["https://a.example.com/", ["*.example.com:8443"], "allow_hosts"],
    ["https://a.example.com:8443/", ["*.example.com"], "port"],
    ["https://a.example.com/", [], "allow_hosts"],
    ["https://10.0.0.5:9000/", ["10.0.0.5:9000"], undefined],
    ["https://0x0a000005:9000/", ["10.0.0.5:9000"], undefined],
    ["https://[::1]:9000/", ["[0:0::1]:9000"], undefined],
    ["https://10.0.0.5:9001/", ["10.0.0.5:9000"], "private_host"],
    ["https://8.8.8.8/", ["8.8.8.8"], undefined],
    ["https://x.internal/", ["*.internal"], "private_host"],
    ["https://x.internal/", ["x.internal"], undefined],
    ["https://127.0.0.1/", ["example.com"], "private_host"],
    ["http://example.com/", ["example.com"], "scheme"],
  ])("%s against %j", (url, listed, rule) => {
    expect(ruleOf(url, hosts(...listed))).toBe(rule);
  });

  test("NET-3 metadata needs an exact entry, whatever else is allowed", () => {
    const url = "http://169.254.169.254/";
    expect(ruleOf(url, { allowPrivate: true, allowHttp: true })).toBe("metadata");
    expect(ruleOf(url, {}, true)).toBe("metadata");
    expect(ruleOf("http://metadata.google.internal/", hosts("*.google.internal"), true)).toBe("metadata");
    expect(ruleOf(url, hosts("169.254.169.254"), true)).toBeUndefined();
  });
});

test("NET-2 NET-5 settings open one thing each", () => {
  expect(ruleOf("https://10.0.0.1/", { allowPrivate: true })).toBeUndefined();
  expect(ruleOf("https://8.8.8.8/", { allowPrivate: true })).toBeUndefined();
  expect(ruleOf("http://10.0.0.1/", { allowPrivate: true })).toBe("scheme");
  expect(ruleOf("http://example.com/", { allowHttp: true })).toBeUndefined();
  expect(ruleOf("https://example.com:8443/", { allowPorts: [8443] })).toBeUndefined();
  expect(ruleOf("https://example.com/", { allowPorts: [8443] })).toBe("port");
});

test("NET-6 local mode lets through what runs on the same machine, unless the configuration says otherwise", () => {
  expect(ruleOf("http://127.0.0.1:8080/", {}, true)).toBeUndefined();
  expect(ruleOf("http://127.0.0.1:8080/", { allowPrivate: false }, true)).toBe("private_host");
  expect(ruleOf("http://127.0.0.1:8080/", { allowHttp: false }, true)).toBe("scheme");
  expect(ruleOf("http://127.0.0.1:8080/", { allowPorts: [443] }, true)).toBe("port");
  expect(ruleOf("http://127.0.0.1:8080/", hosts("example.com"), true)).toBe("allow_hosts");
  expect(ruleOf("ftp://127.0.0.1/", {}, true)).toBe("scheme");
});

describe("NET-7 in a configuration", () => {
  const text = `
plugins:
  good: { type: http, url: "https://worker.example.com" }
  bad:
    type: http
    url: "http://127.0.0.1:9000"
  mcp: { type: mcp, url: "\${MCP}" }
  old: { type: nats, url: "nats://localhost:4222" }
`;
  const env = { MCP: "https://metadata.google.internal/mcp" };
  test("a URL that would be refused is an error at its place, in a deployment", () => {
    const { config, diagnostics } = parseConfig(text, { env, deployed: true });
    expect(config).toBeUndefined();
    const found = diagnostics.filter(({ kind }) => kind === "refusedUrl");
    expect(found.map(({ path, line, column, level }) => [path, line, column, level])).toEqual([
      ["$.plugins.bad.url", 6, 10, "error"],
      ["$.plugins.mcp.url", 7, 26, "error"],
    ]);
    expect(found[0]?.message).toContain("plugin 'bad' would not be called: '127.0.0.1:9000' is reached by plain http");
  });

  test("not on the developer's machine, except for what is refused there too", () => {
    const { diagnostics } = parseConfig(text, { env });
    expect(diagnostics.filter(({ kind }) => kind === "refusedUrl").map(({ path }) => path)).toEqual([
      "$.plugins.mcp.url",
    ]);
  });

  test("settings allow it", () => {
    const allowing = `${text}egress: { allow_hosts: ["127.0.0.1:9000", "*.example.com", metadata.google.internal], allowHttp: true }`;
    expect(parseConfig(allowing, { env, deployed: true }).config?.egress?.allowHosts).toHaveLength(3);
  });

  test.each([
    ['allowHosts: ["https://example.com"]', "$.egress.allowHosts[0]"],
    ["allowHosts: [a.example.com, '*']", "$.egress.allowHosts[1]"],
    ["allowHosts: ['a.*.example.com']", "$.egress.allowHosts[0]"],
    ["allowHosts: ['*.10.0.0.1']", "$.egress.allowHosts[0]"],
    ["allowHosts: ['example.com:99999']", "$.egress.allowHosts[0]"],
    ["allowHosts: ['user@example.com']", "$.egress.allowHosts[0]"],
    ["allowHosts: ['example.com/x']", "$.egress.allowHosts[0]"],
    ["allowHosts: example.com", "$.egress.allowHosts"],
    ["allowPorts: [0]", "$.egress.allowPorts[0]"],
    ["allowPrivate: maybe", "$.egress.allowPrivate"],
  ])("a setting that says nothing is an error: %s", (setting, path) => {
    const { config, diagnostics } = parseConfig(`plugins: {b: {type: builtin}}\negress: { ${setting} }`);
    expect(config).toBeUndefined();
    expect(diagnostics.map((found) => [found.kind, found.path, found.line])).toEqual([["invalidSetting", path, 2]]);
  });
});
