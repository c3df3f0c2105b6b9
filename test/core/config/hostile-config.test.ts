import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig, serializeConfig } from "../../../src/core/config/index.ts";

test.each([
  ["lists without end", "[".repeat(3000)],
  ["maps without end", "{a: ".repeat(2000)],
  ["JSON without end", '{"a":'.repeat(2000)],
  ["keys of keys without end", "? ".repeat(100)],
  ["an alias of itself", "&a [*a]"],
  ["a map that holds itself", "plugins: &a {x: *a}"],
  ["an alias of nothing", "plugins: *b"],
  ["two documents", "plugins: {}\n---\nplugins: {}"],
  ["bytes", "!!binary aGk="],
  ["a control character", "\0"],
  ["an integer beyond 2^53", "maxConcurrency: 9007199254740993"],
])("CONF-2 %s: refused, not thrown", (_, text) => {
  const { config, diagnostics } = parseConfig(text);
  expect(config).toBeUndefined();
  expect(diagnostics[0]).toMatchObject({ level: expect.stringMatching(/fatal|error/), line: expect.any(Number) });
});

test("CONF-2 an alias means the last anchor before it, and many take no longer than few", () => {
  const { config } = parseConfig(
    "plugins: { one: &a { type: builtin }, two: *a, three: &a { type: mock }, four: *a }\nroutes: {}",
  );
  expect(config?.plugins.map(({ kind }) => kind)).toEqual(["builtin", "builtin", "mock", "mock"]);
  const timeOf = (count: number): number => {
    const text = `plugins: [${"*a,".repeat(count)}]`;
    const startedAt = process.threadCpuUsage().user;
    expect(parseConfig(text).diagnostics.length).toBeGreaterThanOrEqual(count);
    return process.threadCpuUsage().user - startedAt;
  };
  timeOf(500);
  expect(Math.min(timeOf(8_000), timeOf(8_000))).toBeLessThan(40 * Math.max(5_000, timeOf(1_000)));
});

test("CONF-2 whatever the text, there is a configuration or a reason, and a configuration survives as text", () => {
  const word = fc.constantFrom(
    "plugins",
    "routes",
    "retry",
    "backoff",
    "type",
    "http",
    "mock",
    "builtin",
    "url",
    "http://w",
    "components",
    "behaviors",
    "/",
    "/x",
    "/{*component}",
    "plugin",
    "conditions",
    "path",
    "$.a",
    "value",
    "__proto__",
    "${X:-1}",
    "1",
    "-1",
    "null",
    "input",
    "result",
  );
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.oneof(
      { depthSize: "small" },
      word,
      fc.integer(),
      fc.array(tie("document")),
      fc.dictionary(word, tie("document")),
    ),
  }));
  const text = fc.oneof(
    fc.string(),
    document.map((value) => JSON.stringify(value)),
    fc.array(word).map((words) => words.join(": ")),
  );
  fc.assert(
    fc.property(text, (source) => {
      const { config, diagnostics } = parseConfig(source);
      const refused = diagnostics.some(({ level }) => level === "error" || level === "fatal");
      expect(config === undefined).toBe(refused);
      if (config) expect(parseConfig(serializeConfig(config)).config).toEqual(config);
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 5000 },
  );
});
