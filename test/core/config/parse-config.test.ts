import { describe, expect, test } from "vitest";
import { mayReadVariable, parseConfig, type StepflowConfig } from "../../../src/core/config/index.ts";
import { DEFAULT_CONFIG, DEFAULT_RETRY } from "../../../src/core/config/stepflow-config.ts";

function accepted(text: string, env: Record<string, string> = {}): StepflowConfig {
  const { config, diagnostics } = parseConfig(text, { env });
  expect(diagnostics.filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  return config!;
}
function findings(text: string, env: Record<string, string> = {}) {
  return parseConfig(text, { env }).diagnostics.map(({ kind, path, line, column }) => [kind, path, line, column]);
}

describe("parseConfig", () => {
  test("CONF-1 an empty text is the default configuration: the builtins at /builtin", () => {
    expect(parseConfig("")).toEqual({ config: DEFAULT_CONFIG, diagnostics: [] });
    expect(parseConfig("# nothing\n").config).toEqual(DEFAULT_CONFIG);
    expect(accepted("plugins: {builtin: {type: builtin}}")).toEqual(DEFAULT_CONFIG);
  });

  test("CONF-5 without routes each plugin is at its name", () => {
    const { routes } = accepted("plugins: {builtin: {type: builtin}, text: {type: service, binding: TEXT}}");
    expect(routes.map(({ pattern, rules }) => [pattern.source, rules[0]?.plugin])).toEqual([
      ["/builtin", "builtin"],
      ["/text", "text"],
    ]);
  });

  test("CONF-4 every plugin kind under its own name and under the older ones", () => {
    const { plugins } = accepted(`
plugins:
  a: { type: http, url: "http://127.0.0.1:9000/rpc", timeoutMs: 1500, headers: { authorization: "Bearer x" }, maxResponseBytes: 1000 }
  b: { type: stepflow, transport: http, url: "http://localhost:8080", timeout: 60 }
  c: { type: stepflow, url: "https://worker.example" , validation: enforce }
  d: { type: stepflow, transport: stdio, command: python, args: ["my.py"], working_directory: ".", env: { PYTHONPATH: "." } }
  e: { type: service, binding: TEXT_WORKER }
  f: { type: grpc, command: uv, args: [run, worker], queueName: python, queueTimeoutSecs: 5, executionTimeoutSecs: 7 }
  g: { type: nats, url: "nats://localhost:4222", stream: TASKS, consumer: c }
  h: { type: mcp, command: npx, args: [server], env: { DEBUG: 1 } }
  i: { type: mcp, url: "https://mcp.example/mcp" }
  j: { type: pull }
  k: { type: stepflow, command: ./worker }
`);
    expect(plugins).toEqual([
      {
        kind: "http",
        name: "a",
        validation: "warn",
        timeoutMs: 1500,
        url: "http://127.0.0.1:9000/rpc",
        headers: { authorization: "Bearer x" },
        maxResponseBytes: 1000,
      },
      { kind: "http", name: "b", validation: "warn", timeoutMs: 60_000, url: "http://localhost:8080", headers: {} },
      { kind: "http", name: "c", validation: "enforce", url: "https://worker.example", headers: {} },
      {
        kind: "stdio",
        name: "d",
        validation: "warn",
        command: "python",
        args: ["my.py"],
        env: { PYTHONPATH: "." },
        workingDirectory: ".",
      },
      { kind: "service", name: "e", validation: "warn", binding: "TEXT_WORKER" },
      {
        kind: "queue",
        name: "f",
        validation: "warn",
        queueName: "python",
        queueTimeoutMs: 5000,
        executionTimeoutMs: 7000,
        command: { command: "uv", args: ["run", "worker"], env: {} },
      },
      { kind: "queue", name: "g", validation: "warn", queueName: "TASKS", queueTimeoutMs: 30_000 },
      {
        kind: "mcp",
        result: "content",
        name: "h",
        validation: "warn",
        server: { kind: "command", command: "npx", args: ["server"], env: { DEBUG: "1" } },
      },
      {
        kind: "mcp",
        result: "content",
        name: "i",
        validation: "warn",
        server: { kind: "url", url: "https://mcp.example/mcp", headers: {} },
      },
      { kind: "queue", name: "j", validation: "warn", queueName: "j", queueTimeoutMs: 30_000 },
      { kind: "stdio", name: "k", validation: "warn", command: "./worker", args: [], env: {} },
    ]);
  });

  test("CONF-6 mock behaviours keyed by whole values, in the block and the flow form", () => {
    const { plugins } = accepted(`
plugins:
  mock:
    type: mock
    components:
      /one:
        input_schema: { type: object }
        behaviors:
          { input: "a" }:
            outcome: success
            result: {output: b}
          { input: "hello"}:
            outcome: failed
            error: {code: 5, message: "old number"}
          { input: null }: { error: "breaks" }
          plain text: { outcome: failed, error: {code: INVALID_INPUT, message: no, data: {a: 1}} }
`);
    expect(plugins[0]).toEqual({
      kind: "mock",
      name: "mock",
      validation: "off",
      components: [
        {
          component: "/one",
          inputSchema: { type: "object" },
          behaviors: [
            { input: { input: "a" }, result: { outcome: "success", result: { output: "b" } } },
            {
              input: { input: "hello" },
              result: { outcome: "failed", error: { code: "UNREACHABLE", message: "old number" } },
            },
            { input: { input: null }, result: { outcome: "crash", message: "breaks" } },
            {
              input: "plain text",
              result: { outcome: "failed", error: { code: "INVALID_INPUT", message: "no", data: { a: 1 } } },
            },
          ],
        },
      ],
    });
  });

  test("CONF-3 environment references: value, default, escape, numbers in strings", () => {
    const { plugins } = accepted(
      'plugins: {a: {type: http, url: "http://${HOST:-localhost}:${PORT}/$${x}", timeout: "${SECONDS:-12}"}}',
      { PORT: "81", HOST: "" },
    );
    expect(plugins[0]).toMatchObject({ url: "http://localhost:81/${x}", timeoutMs: 12_000 });
    expect(findings("plugins:\n  a: {type: http, url: 'http://${NOPE}/'}")).toContainEqual([
      "unsetEnvironmentVariable",
      "$.plugins.a.url",
      2,
      24,
    ]);
  });

  test("SEC-20 names that variables may be read from: never the orchestrator's own", () => {
    const { variableNames } = accepted(
      "plugins: {b: {type: builtin}}\nvariables: {env: [API_KEY, 'MY_*', STEPFLOW_SECRET, '*']}",
    );
    expect(variableNames).toEqual(["API_KEY", "MY_*", "STEPFLOW_SECRET", "*"]);
    const may = (name: string) => mayReadVariable(name, ["API_KEY", "MY_*", "STEPFLOW_SECRET"]);
    expect(["API_KEY", "MY_A", "API_KEY2", "STEPFLOW_VAR_A", "STEPFLOW_SECRET"].map(may)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(["STEPFLOW_CONFIG", "ACCESS_AUD", "X"].map((name) => mayReadVariable(name, ["*"]))).toEqual([
      false,
      false,
      true,
    ]);
    expect([mayReadVariable("STEPFLOW_VAR_A"), mayReadVariable("X")]).toEqual([true, false]);
  });

  test("CONF-8 retry and concurrency", () => {
    expect(accepted("plugins: {b: {type: builtin}}").retry).toEqual(DEFAULT_RETRY);
    expect(
      accepted("plugins: {b: {type: builtin}}\nretry: {transportMaxRetries: 0}\nmaxConcurrency: 200"),
    ).toMatchObject({
      retry: { transportMaxRetries: 0, backoff: DEFAULT_RETRY.backoff },
      maxConcurrency: 200,
    });
    const backoff = (text: string) =>
      accepted(`plugins: {b: {type: builtin}}\nretry: {backoff: ${text}}`).retry.backoff;
    expect(backoff("{type: constant, delayMs: 5}")).toEqual({
      type: "constant",
      minDelayMs: 5,
      maxDelayMs: 5,
      factor: 1,
      jitter: "none",
    });
    expect(backoff("{type: exponential, factor: 1.5, minDelayMs: 20000}")).toMatchObject({
      factor: 1.5,
      minDelayMs: 20_000,
      maxDelayMs: 20_000,
    });
  });

  test("ROUTE-1 routes: both dialects, most specific first, conditions, lists, template, parameters", () => {
    const { routes } = accepted(`
plugins: { builtin: { type: builtin }, py: { type: pull }, gpu: { type: pull } }
routes:
  "/": [{ plugin: builtin }]
  "/python":
    - plugin: gpu
      conditions: [{ path: "$.model", value: "large" }]
      componentAllow: ["/core/a"]
      component_deny: [b]
      component: "x/{component}"
      queueName: special
    - plugin: py
  "/{tenant}/{*component}": { plugin: py }
  "/python/{component}": [{ plugin: py }]
`);
    expect(routes.map(({ pattern }) => pattern.source)).toEqual([
      "/python/{component}",
      "/python",
      "/{tenant}/{*component}",
      "/",
    ]);
    expect(routes[1]?.rules[0]).toEqual({
      plugin: "gpu",
      conditions: [{ path: ["model"], value: "large" }],
      componentAllow: ["/core/a"],
      componentDeny: ["/b"],
      component: "/x/{component}",
      params: { queueName: "special" },
    });
  });

  test("CONF-7 the reference's findings: no plugins, no routes, unused plugin, unknown plugin in a route", () => {
    expect(findings("plugins: {}\nroutes: {}")).toEqual([
      ["noPluginsConfigured", "$.plugins", 1, 10],
      ["noRoutingRulesConfigured", "$.routes", 2, 9],
    ]);
    expect(
      findings('plugins:\n  a: {type: builtin}\n  b: {type: builtin}\nroutes:\n  "/x": [{plugin: a}, {plugin: zz}]'),
    ).toEqual([
      ["invalidRouteReference", '$.routes["/x"][1].plugin', 5, 32],
      ["unusedPlugin", "$.plugins.b", 3, 3],
    ]);
    expect(parseConfig('plugins: {a: {type: builtin}}\nroutes: {"/x": [{plugin: zz}]}').config).toBeUndefined();
  });

  test("CONF-2 a route line without its colon is told exactly so, with its line", () => {
    const text = [
      "plugins:",
      "  builtin:",
      "    type: builtin",
      "routes:",
      '  "/a/{component}":',
      "    - plugin: builtin",
      '  "/{component}"',
      "    - plugin: builtin",
      "",
    ];
    const { config, diagnostics } = parseConfig(text.join("\n"));
    expect(config).toBeUndefined();
    expect(diagnostics).toEqual([
      {
        code: 9501,
        kind: "missingColon",
        level: "fatal",
        message: 'the key "/{component}" has no colon after it',
        line: 7,
        column: 17,
        hint: 'write "/{component}":',
      },
    ]);
    expect(parseConfig("plugins:\n  builtin\n    type: builtin\n").diagnostics[0]).toMatchObject({
      kind: "missingColon",
      line: 2,
    });
  });

  test("CONF-4 older settings are accepted and answered with an info", () => {
    const { config, diagnostics } = parseConfig(
      "plugins: {w: {type: stepflow, url: 'http://w'}}\nstateStore: {type: sqlite, databaseUrl: x}",
    );
    expect(config).toBeDefined();
    expect(diagnostics.map(({ kind, level, line }) => [kind, level, line])).toEqual([
      ["olderSpelling", "info", 1],
      ["ignoredSetting", "info", 2],
    ]);
  });

  test.each([
    ["plugins: [a]", "invalidSetting"],
    ["plugins: {a: builtin}", "invalidSetting"],
    ["plugins: {a: {}}", "missingSetting"],
    ["plugins: {a: {type: htttp}}", "unknownPluginType"],
    ["plugins: {a: {type: http}}", "missingSetting"],
    ["plugins: {a: {type: http, url: 'ftp://x'}}", "invalidSetting"],
    ["plugins: {a: {type: http, url: ''}}", "missingSetting"],
    ["plugins: {a: {type: service, binding: B, timeout: -1}}", "invalidSetting"],
    ["plugins: {a: {type: builtin, validation: sometimes}}", "invalidSetting"],
    ["plugins: {a/b: {type: builtin}}", "invalidSetting"],
    ["plugins: {a: {type: builtin}}\nroutes: {x: [{plugin: a}]}", "invalidRoute"],
    ["plugins: {a: {type: builtin}}\nroutes: {'/{*x}/y': [{plugin: a}]}", "invalidRoute"],
    ["plugins: {a: {type: builtin}}\nroutes: {'/a{b}': [{plugin: a}]}", "invalidRoute"],
    [
      "plugins: {a: {type: builtin}}\nroutes: {'/a': [{plugin: a, conditions: [{path: '$[x]', value: 1}]}]}",
      "invalidRoute",
    ],
    ["plugins: {a: {type: builtin}, a: {type: mock}}", "duplicateKey"],
    ["plugins: {a: {type: builtin}}\nmaxConcurrency: .inf", "invalidSetting"],
    ["just text", "invalidSetting"],
    ["a: [", "invalidConfigSyntax"],
  ])("CONF-2 %s is refused: %s", (text, kind) => {
    const { config, diagnostics } = parseConfig(text);
    expect(config).toBeUndefined();
    expect(diagnostics.map((found) => found.kind)).toContain(kind);
  });

  test("CONF-2 an unknown setting is a warning with a suggestion", () => {
    const { config, diagnostics } = parseConfig("plugins: {a: {type: service, binding: B, timout: 3}}");
    expect(config).toBeDefined();
    expect(diagnostics).toMatchObject([
      { kind: "unknownSetting", level: "warning", path: "$.plugins.a.timout", hint: 'did you mean "timeout"?' },
    ]);
  });

  test("CONF-2 aliases are followed, but not without bound", () => {
    expect(accepted("plugins:\n  a: &w {type: service, binding: B}\n  b: *w").plugins).toHaveLength(2);
    const bomb = [
      "x0: &x0 [1,1,1,1,1,1,1,1,1,1]",
      ...Array.from(
        { length: 9 },
        (_, i) => `x${i + 1}: &x${i + 1} [${Array.from({ length: 10 }, () => `*x${i}`).join()}]`,
      ),
    ];
    expect(parseConfig(bomb.join("\n")).diagnostics.map(({ message }) => message)).toContain(
      "larger than 50000 values",
    );
  });

  test("CONF-10 an MCP plugin gives content unless structured content is asked for", () => {
    const results = (setting: string) =>
      accepted(`plugins: {m: {type: mcp, url: "https://mcp.example"${setting}}}`).plugins.map(
        (plugin) => plugin.kind === "mcp" && plugin.result,
      );
    expect([results(""), results(", result: content"), results(", result: structured")]).toEqual([
      ["content"],
      ["content"],
      ["structured"],
    ]);
    expect(findings('plugins: {m: {type: mcp, url: "https://mcp.example", result: text}}')).toContainEqual([
      "invalidSetting",
      "$.plugins.m.result",
      1,
      expect.any(Number),
    ]);
  });

  test("keys such as __proto__ stay plain data", () => {
    const { plugins } = accepted("plugins: {__proto__: {type: builtin}, m: {type: service, binding: B}}");
    expect(plugins.map(({ name }) => name)).toEqual(["__proto__", "m"]);
    expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
  });
});

test("says that schemas are not checked for mocks", () => {
  const { config, diagnostics } = parseConfig(
    "plugins:\n  m: { type: mock, validation: enforce, components: {} }\nroutes: { /m: [{ plugin: m }] }",
  );
  expect(config?.plugins[0]?.validation).toBe("enforce");
  expect(diagnostics).toContainEqual(
    expect.objectContaining({ kind: "ignoredSetting", level: "info", path: "$.plugins.m.validation" }),
  );
});

test.each(["http, url: http://a", "service, binding: A"])(
  "AUTH-15 a signing secret of another form is refused without being shown: %s",
  (plugin) => {
    const text = `plugins: { w: { type: ${plugin}, signingSecret: "\${S}" } }`;
    const { config, diagnostics } = parseConfig(text, { env: { S: "hunter2" } });
    expect(config).toBeUndefined();
    expect(diagnostics).toMatchObject([{ path: "$.plugins.w.signingSecret", level: "error", line: 1 }]);
    expect(JSON.stringify(diagnostics)).not.toContain("hunter2");
    const secret = `whsec_${btoa("0123456789012345678901234567890")}`;
    expect(parseConfig(text, { env: { S: secret } }).config?.plugins).toMatchObject([{ signingSecret: secret }]);
  },
);
