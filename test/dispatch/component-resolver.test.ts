import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/core/config/index.ts";
import type { Resolution } from "../../src/core/ports/component-resolver.ts";
import { ConfigComponentResolver } from "../../src/dispatch/component-resolver.ts";
import type { Json } from "../../src/protocol/json.ts";

function resolver(text: string) {
  const { config, diagnostics } = parseConfig(text);
  expect(config, JSON.stringify(diagnostics)).toBeDefined();
  return new ConfigComponentResolver(config!);
}
/** The shape that matters: where it leads. */
function lead(resolution: Resolution): string {
  if (resolution.kind === "unroutable") return "unroutable";
  const plugin = resolution.kind === "call" ? `${resolution.plugin} ` : "";
  const params = resolution.kind === "call" && resolution.pathParams ? ` ${JSON.stringify(resolution.pathParams)}` : "";
  return `${resolution.kind} ${plugin}${resolution.componentId}${params}`;
}
function reason(resolution: Resolution): unknown {
  if (resolution.kind !== "unroutable") return lead(resolution);
  const { stack } = resolution.error.data as { stack: { error: string }[] };
  return stack[1]?.error;
}

const PLUGINS = `
plugins:
  builtin: { type: builtin }
  py: { type: pull, timeout: 2 }
  gpu: { type: pull }
  mock: { type: mock, components: { /one: { behaviors: [] } } }
`;

describe("ConfigComponentResolver", () => {
  test("ROUTE-1 the default configuration has the builtins at /builtin", () => {
    const defaults = resolver("");
    expect(
      ["noop", "create_messages", "sleep", "eval", "map", "iterate", "put_blob", "jsonata"].map((id) =>
        lead(defaults.resolve(`/builtin/${id}`, null)),
      ),
    ).toEqual([
      "inline /noop",
      "inline /create_messages",
      "sleep /sleep",
      "sub_run /eval",
      "sub_run /map",
      "sub_run /iterate",
      "call builtin /put_blob",
      "call builtin /jsonata",
    ]);
  });

  test.each([
    ['"/": [{plugin: builtin}]', "/eval", "sub_run /eval"],
    ['"/builtin/{component}": [{plugin: builtin}]', "/builtin/eval", "sub_run /eval"],
    ['"/{*component}": [{plugin: builtin}]', "/eval", "sub_run /eval"],
    ['"/python": [{plugin: py}]', "/python/core/a", "call py /core/a"],
    ['"/python/{*component}": [{plugin: py}]', "/python/core/a", "call py /core/a"],
    ['"/python/{component}": [{plugin: py}]', "/python/core/a", "unroutable"],
    ['"/python/{component}": [{plugin: py}]\n  "/": [{plugin: gpu}]', "/python/core/a", "call gpu /python/core/a"],
    ['"/": [{plugin: gpu}]\n  "/python": [{plugin: py}]', "/python/x", "call py /x"],
    ['"/python": [{plugin: py}]', "/python", "unroutable"],
    ['"/python": [{plugin: py}]', "/python/", "unroutable"],
    ['"/python/foo": [{plugin: gpu}]\n  "/python": [{plugin: py}]', "/python/foo", "call gpu /foo"],
    ['"/alias": [{plugin: py, component: /real}]', "/alias", "call py /real"],
    ['"/a/{tenant}/{*component}": [{plugin: py}]', "/a/t1/x/y", 'call py /x/y {"tenant":"t1"}'],
    [
      '"/a/{tenant}/{component}": [{plugin: py, component: "/{tenant}/{component}/v2"}]',
      "/a/t1/x",
      'call py /t1/x/v2 {"tenant":"t1"}',
    ],
    ['"/a/{*rest}": [{plugin: py}]', "/a/x/y", 'call py /x/y {"rest":"x/y"}'],
    ['"/m": [{plugin: mock}, {plugin: py}]', "/m/one", "inline /one"],
    ['"/m": [{plugin: mock}, {plugin: py}]', "/m/two", "call py /two"],
    ['"/b": [{plugin: builtin}]\n  "/": [{plugin: py}]', "/b/nope", "call py /b/nope"],
    ['"/p": [{plugin: gpu, componentAllow: [/a]}, {plugin: py, componentDeny: [/b]}]', "/p/a", "call gpu /a"],
    ['"/p": [{plugin: gpu, componentAllow: [/a]}, {plugin: py, componentDeny: [/b]}]', "/p/b", "unroutable"],
    ['"/p": [{plugin: gpu, componentAllow: [/a]}, {plugin: py, componentDeny: [/b]}]', "/p/c", "call py /c"],
    ['"/p": [{plugin: py}]', "p/x", "unroutable"],
    ['"/p": [{plugin: py}]', "", "unroutable"],
  ])("ROUTE-2 routes %s: %s leads to %s", (routes, path, expected) => {
    expect(lead(resolver(`${PLUGINS}\nroutes:\n  ${routes}`).resolve(path, {}))).toBe(expected);
  });

  test("ROUTE-3 conditions look at the resolved input, whatever was resolved before", () => {
    const routed = resolver(
      `${PLUGINS}\nroutes: {"/p": [{plugin: gpu, conditions: [{path: "$.model", value: {size: large, n: 1}}]}, {plugin: py}], "/q": [{plugin: py, conditions: [{path: model, value: a}]}]}`,
    );
    const at = (path: string, input: Json) => lead(routed.resolve(path, input));
    expect(at("/p/x", { model: { n: 1, size: "large" } })).toBe("call gpu /x");
    expect(at("/p/x", { model: "small" })).toBe("call py /x");
    expect(at("/p/x", { model: { size: "large", n: 1 } })).toBe("call gpu /x");
    expect(reason(routed.resolve("/p/x", {}))).toBe(
      `a condition of route "/p" looks at $.model, which the input of '/p/x' does not have`,
    );
    expect(reason(routed.resolve("/q/x", { model: "b" }))).toBe(
      `no route leads to component '/q/x': a condition of route "/q" does not hold`,
    );
  });

  test("ROUTE-4 what cannot be routed is ORCHESTRATOR_ERROR `error routing component`, with the reason", () => {
    const routed = resolver(`${PLUGINS}\nroutes: {"/b": [{plugin: builtin}], "/m": [{plugin: mock}]}`);
    expect(routed.resolve("/zzz/a", null)).toEqual({
      kind: "unroutable",
      error: {
        code: "ORCHESTRATOR_ERROR",
        message: "error routing component",
        data: {
          stack: [
            { error: "error routing component" },
            { error: "no route matches component '/zzz/a' (routes: /b, /m)" },
          ],
        },
      },
    });
    expect(reason(routed.resolve("/b/evl", null))).toBe(
      `no route leads to component '/b/evl': plugin 'builtin' has no component '/evl'`,
    );
  });

  test("a plugin's timeout comes with the resolution", () => {
    expect(resolver(PLUGINS).resolve("/py/x", null)).toEqual({
      kind: "call",
      componentId: "/x",
      plugin: "py",
      timeoutMs: 2000,
    });
  });

  test("resolutions that no condition touches are the same object each time", () => {
    const defaults = resolver("");
    expect(defaults.resolve("/builtin/noop", 1)).toBe(defaults.resolve("/builtin/noop", 2));
  });

  test("many different paths do not fill the memory, and stay right", () => {
    const routed = resolver(`${PLUGINS}\nroutes: {"/": [{plugin: py}]}`);
    for (let index = 0; index < 10_000; index++)
      expect(lead(routed.resolve(`/c${index}`, null))).toBe(`call py /c${index}`);
  });
});
