import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFlowDocument } from "../../../src/core/flow/index.ts";
import {
  compileMarks,
  REDACT_ALL,
  redactorFor,
  secretTexts,
  showFlowDocument,
  submissionRedactor,
} from "../../../src/core/secrets/index.ts";
import type { Json } from "../../../src/protocol/json.ts";

const KEY = { type: "string", is_secret: true };

describe("SEC-1 places that a schema marks", () => {
  test.each<[string, object, Json, Json]>([
    ["a member", { properties: { key: KEY } }, { key: "k", a: 1 }, { key: "[REDACTED]", a: 1 }],
    ["isSecret", { properties: { key: { isSecret: true } } }, { key: 7 }, { key: "[REDACTED]" }],
    ["writeOnly", { properties: { key: { writeOnly: true } } }, { key: true }, { key: "[REDACTED]" }],
    ["not what is marked false", { properties: { key: { is_secret: false }, b: KEY } }, { key: 7 }, { key: 7 }],
    [
      "a variable called is_secret",
      { properties: { is_secret: { type: "boolean" }, b: KEY } },
      { is_secret: true },
      { is_secret: true },
    ],
    ["elements", { items: { properties: { key: KEY } } }, [{ key: "k" }, 1], [{ key: "[REDACTED]" }, 1]],
    ["of a tuple", { prefixItems: [{}, KEY] }, ["a", "b"], ["a", "[REDACTED]"]],
    ["other members", { properties: { a: {} }, additionalProperties: KEY }, { a: 1, b: 2 }, { a: 1, b: "[REDACTED]" }],
    ["by pattern", { patternProperties: { "^s_": KEY } }, { s_a: "x", t: "y" }, { s_a: "[REDACTED]", t: "y" }],
    ["names", { propertyNames: KEY }, { abc: 1 }, { "[REDACTED]0": 1 }],
    [
      "a branch of a choice",
      { anyOf: [{ type: "string" }, { properties: { key: KEY } }] },
      { key: "k" },
      { key: "[REDACTED]" },
    ],
    [
      "within oneOf, allOf and then",
      { oneOf: [{ allOf: [{ then: { properties: { k: KEY } } }] }] },
      { k: 1 },
      { k: "[REDACTED]" },
    ],
    [
      "behind $ref",
      { $ref: "#/$defs/c", $defs: { c: { properties: { k: { $ref: "#/$defs/key" } } }, key: KEY } },
      { k: 1 },
      { k: "[REDACTED]" },
    ],
    ["behind an anchor", { items: { $ref: "#key" }, $defs: { a: { $anchor: "key", ...KEY } } }, ["x"], ["[REDACTED]"]],
    [
      "recursively",
      { properties: { k: KEY, next: { $ref: "#" } } },
      { next: { next: { k: 1 } } },
      { next: { next: { k: "[REDACTED]" } } },
    ],
    ["the whole", KEY, { a: 1 }, "[REDACTED]"],
  ])("%s", (_, schema, value, shown) => {
    expect(compileMarks(schema as Json)?.mask(value)).toEqual(shown);
  });

  test("definitions of the flow count", () => {
    const told: Json[] = [];
    const marks = compileMarks({ properties: { k: { $ref: "#/$defs/key" } } }, { key: KEY });
    expect(marks?.mask({ k: "abcd" }, (secret) => told.push(secret))).toEqual({ k: "[REDACTED]" });
    expect(told).toEqual(["abcd"]);
  });

  test("a schema without marks costs nothing", () => {
    expect(compileMarks({ properties: { a: { type: "string" } } })).toBeUndefined();
  });
});

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("SEC-2 a secret inside other texts", () => {
  const secret = 'sk-"é/\\ü+ 1?';
  const text = (quoted: string) => redactorFor([secret]).text(quoted);

  test.each([
    ["as it is", `Bearer ${secret}!`],
    ["in JSON", JSON.stringify({ a: secret })],
    ["in JSON in JSON", JSON.stringify(JSON.stringify({ a: secret }))],
    [
      "in ASCII JSON",
      JSON.stringify(secret).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    ],
    ["in a URL", `https://x/?k=${encodeURIComponent(secret)}&l`],
    ["in a URL, in small letters", `https://x/?k=${encodeURIComponent(secret).toLowerCase()}&l`],
    ["in a form", new URLSearchParams({ k: secret }).toString()],
    ["in base64", `x ${base64(secret)} y`],
    ["in base64url", Buffer.from(secret).toString("base64url")],
  ])("%s", (_, quoted) => {
    const shown = text(quoted);
    expect(shown).toContain("[REDACTED]");
    for (const part of ["sk-", "1?", encodeURIComponent("é"), base64(secret).slice(0, 6)])
      expect(shown).not.toContain(part);
  });

  test("in base64 of something longer", () => {
    for (const before of ["", "u", "us", "user:"]) {
      const shown = text(base64(`${before}${secret} and more`));
      expect(shown).toContain("[REDACTED]");
      expect(Buffer.from(shown.split("[REDACTED]")[0] ?? "", "base64").toString()).not.toContain("sk-");
    }
  });

  test("cut off, where enough of it is left", () => {
    const long = redactorFor(["correct horse battery"]);
    expect(long.text("got: correct horse…")).toBe("got: [REDACTED]…");
    expect(long.text("got: correct hor")).toBe("got: [REDACTED]");
    expect(long.text("correct horses")).toBe("correct horses");
  });

  test("overlapping with another, and as a name", () => {
    const both = redactorFor(["abcdef", "defghi"]);
    expect(both.text("-abcdefghi-abcdef")).toBe("-[REDACTED]-[REDACTED]");
    expect(both.json({ xabcdef: ["defghi", 1, null] })).toEqual({ "x[REDACTED]": ["[REDACTED]", 1, null] });
  });

  test("texts of fewer than four characters, numbers and booleans are not looked for; texts in objects are", () => {
    expect(secretTexts("abc")).toEqual([]);
    expect(secretTexts([12_345, true, { a: ["abcd"], b: "efgh" }])).toEqual(["abcd", "efgh"]);
  });

  test("never leaves one, wherever it stands", () => {
    const piece = fc.string({ unit: "binary", maxLength: 12 });
    const secretText = fc.string({ unit: "binary", minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(secretText, { minLength: 1, maxLength: 4 }), piece, piece, (secrets, before, after) => {
        const redactor = redactorFor(secrets);
        for (const each of secrets) {
          const forms = [
            each,
            JSON.stringify(each).slice(1, -1),
            base64(each.toWellFormed()),
            encodeURIComponent(each.toWellFormed()),
          ];
          for (const form of forms) {
            // What stands around it may happen to make one up again.
            const shown = redactor.text(before + form + after).split("[REDACTED]");
            expect(shown.length).toBeGreaterThan(1);
            expect(shown.some((part) => part.includes(form))).toBe(false);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("with too many of them, no text is shown", () => {
    expect(REDACT_ALL.json({ a: "b", n: 1 })).toEqual({ "[REDACTED]": 1 });
  });
});

describe("SEC-3 documents and refusals", () => {
  const document = {
    schemas: {
      properties: {
        variables: {
          type: "object",
          default: { token: "tttt-tttt" },
          properties: { token: { type: "string", is_secret: true, default: "dddd-dddd" }, n: { default: 3 } },
        },
        input: { properties: { key: KEY } },
      },
    },
    steps: [{ id: "a", component: "/builtin/noop", input: { url: "https://x/dddd-dddd" } }],
    output: { $step: "a" },
    examples: [{ name: "e", input: { key: "eeee-eeee", n: 5 } }],
  };

  test("show no default of a marked place, wherever it is quoted, and no marked input of an example", () => {
    const shown = JSON.stringify(showFlowDocument(document));
    for (const secret of ["tttt", "dddd", "eeee"]) expect(shown).not.toContain(secret);
    expect(shown).toContain('"default":3');
    expect(shown).toContain('"n":5');
    expect(showFlowDocument({ steps: [] })).toEqual({ steps: [] });
  });

  test("quote no value that the flow marks", () => {
    const { flow } = parseFlowDocument(document);
    if (!flow) throw new Error("the flow is refused");
    const redactor = submissionRedactor(flow, { variables: { token: "vvvv-vvvv" }, inputs: [{ key: "iiii-iiii" }] });
    expect(redactor?.text("a vvvv-vvvv b iiii-iiii c dddd-dddd")).toBe("a [REDACTED] b [REDACTED] c [REDACTED]");
  });
});
