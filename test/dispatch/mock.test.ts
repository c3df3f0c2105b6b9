import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/core/config/index.ts";
import { ConfigComponentResolver } from "../../src/dispatch/component-resolver.ts";
import type { Json } from "../../src/protocol/json.ts";

const { config } = parseConfig(`
plugins:
  mock:
    type: mock
    components:
      /one_output:
        behaviors:
          { input: "a", n: [1, {x: 2, y: null}] }: { outcome: success, result: {output: b} }
          { mode: bad }: { outcome: failed, error: {code: COMPONENT_FAILED, message: "error"} }
          { mode: boom }: { error: "it broke" }
          7: { outcome: success, result: seven }
`);
const resolver = new ConfigComponentResolver(config!);
function execute(input: Json) {
  const resolution = resolver.resolve("/mock/one_output", input);
  if (resolution.kind !== "inline") throw new Error(resolution.kind);
  return resolution.component.execute(input);
}

describe("mock plugin", () => {
  test("finds the behaviour of an equal input, whatever the order of its keys", () => {
    const expected = { kind: "success", value: { kind: "inline", json: { output: "b" } } };
    expect(execute({ n: [1, { y: null, x: 2 }], input: "a" })).toEqual(expected);
    expect(execute({ input: "a", n: [1, { x: 2, y: null }] })).toEqual(expected);
    expect(execute(7)).toMatchObject({ kind: "success", value: { json: "seven" } });
  });

  test("a failed behaviour is the component's verdict", () => {
    expect(execute({ mode: "bad" })).toEqual({ kind: "failed", error: { code: "COMPONENT_FAILED", message: "error" } });
  });

  test("no behaviour, and a behaviour that breaks, crash with what the engine needs for the reference's stack", () => {
    const causes = ["error executing user-defined function"];
    expect(execute({ input: "world" })).toEqual({
      kind: "crashed",
      attachments: ['No behavior defined for /one_output on {"input":"world"}'],
      causes,
    });
    expect(execute({ input: "a", n: [1, { x: 2 }] }).kind).toBe("crashed");
    expect(execute({ input: "a", n: [1, { x: 2, y: 3 }] }).kind).toBe("crashed");
    expect(execute([]).kind).toBe("crashed");
    expect(execute({ mode: "boom" })).toEqual({ kind: "crashed", attachments: ["it broke"], causes });
  });
});
