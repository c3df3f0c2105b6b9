import { expect, test } from "vitest";
import { parseConfig, serializeConfig } from "../../../src/core/config/index.ts";
import { DEFAULT_CONFIG } from "../../../src/core/config/stepflow-config.ts";

const EVERYTHING = `
workingDirectory: ./files
plugins:
  builtin: { type: builtin }
  mock:
    type: mock
    components:
      /one:
        input_schema: { type: object }
        behaviors:
          { input: "a", n: 1 }: { outcome: success, result: {output: "$\${b}"} }
          [1, 2]: { outcome: failed, error: {code: COMPONENT_FAILED, message: "error", data: [1]} }
          text: { error: boom }
  http: { type: http, url: "http://127.0.0.1:\${PORT}", timeout: 1.5, headers: { a: b }, validation: off, signingSecret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= }
  service: { type: service, binding: B, worker: ./w.ts, maxResponseBytes: 10 }
  queue: { type: grpc, command: uv, queueName: q, executionTimeoutSecs: 9 }
  mcp: { type: mcp, command: npx, args: [x], env: {A: b} }
  remote: { type: mcp, url: "https://mcp.example", result: structured }
  stdio: { type: stdio, command: python, workingDirectory: w }
routes:
  "/": [{ plugin: builtin }]
  "/x/{a}/{*component}": [{ plugin: http, conditions: [{path: "$.a[0]['b.c']", value: {k: 1}}], componentAllow: [a], componentDeny: [/b], component: "/q", extra: [1] }]
retry: { transportMaxRetries: 1, backoff: { type: constant, delayMs: 7 } }
maxConcurrency: 3
egress: { allowHosts: ["127.0.0.1:8123", mcp.example, "*.example.org:8443", "[::1]:9"], allowPrivate: true, allowHttp: true, allowPorts: [443, 8080] }
`;

test.each([
  ["every setting", EVERYTHING],
  [
    "exponential backoff",
    "plugins: {b: {type: builtin}}\nretry: {backoff: {type: exponential, factor: 3, jitter: full}}",
  ],
])("CONF-9 the normalised configuration survives as JSON text: %s", (_, text) => {
  const { config } = parseConfig(text, { env: { PORT: "8123" } });
  expect(config).toBeDefined();
  const again = parseConfig(serializeConfig(config!));
  expect(again.config).toEqual(config);
  expect(again.diagnostics.filter(({ level }) => level !== "warning")).toEqual([]);
  expect(() => JSON.parse(serializeConfig(config!))).not.toThrow();
});

test("CONF-9 the default configuration survives as JSON text", () => {
  expect(parseConfig(serializeConfig(DEFAULT_CONFIG)).config).toEqual(DEFAULT_CONFIG);
});
