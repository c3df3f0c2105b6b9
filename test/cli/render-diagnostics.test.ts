import { describe, expect, test } from "vitest";
import { countDiagnostics, renderDiagnostic, renderDiagnostics } from "../../src/cli/report/render-diagnostics.ts";
import { terminal } from "../../src/cli/report/terminal.ts";
import type { Diagnostic } from "../../src/protocol/diagnostic.ts";

const plain = terminal({ isTTY: false, columns: 80, write: () => true }, {});
const source = { name: "flow.yaml", text: 'name: x\nsteps:\n\t- id: "a b"\r\n\n' };
const finding = (more: Partial<Diagnostic>): Diagnostic => ({
  code: 1,
  kind: "k",
  level: "error",
  message: "wrong",
  ...more,
});

describe("renderDiagnostic", () => {
  test("the line, a caret under the word, and the hint", () => {
    const text = renderDiagnostic(finding({ line: 1, column: 7, path: "$.name", hint: "do this" }), source, plain);
    expect(text).toBe(
      ["error: wrong", "  --> flow.yaml:1:7 ($.name)", "  1 | name: x", "    |       ^", "  hint: do this", ""].join(
        "\n",
      ),
    );
  });

  test("tabs stay tabs, and a quoted text is underlined as a whole", () => {
    const text = renderDiagnostic(finding({ line: 3, column: 8 }), source, plain);
    expect(text).toContain('  3 | \t- id: "a b"\n    | \t      ^^^^^\n');
  });

  test("an empty line, a line beyond the end and no line show no frame", () => {
    for (const place of [{ line: 4, column: 1 }, { line: 99, column: 1 }, {}]) {
      expect(renderDiagnostic(finding(place), source, plain)).not.toContain("|");
    }
  });

  test("a column past the end of its line points behind it", () => {
    expect(renderDiagnostic(finding({ line: 1, column: 500 }), source, plain)).toContain("    |        ^\n");
  });

  test("a long line is cut around the column", () => {
    const long = { name: "f", text: `${"a ".repeat(5000)}HERE ${"b ".repeat(5000)}` };
    const text = renderDiagnostic(finding({ line: 1, column: 10_001 }), long, plain);
    const [, , line, caret] = text.split("\n");
    expect(line?.length).toBeLessThan(140);
    expect(line?.slice(caret?.indexOf("^"))).toMatch(/^HERE /);
  });

  test("colour only where it is wanted", () => {
    const tty = { isTTY: true, columns: 80, write: () => true };
    expect(renderDiagnostic(finding({}), undefined, terminal(tty, {}))).toContain("\u001b[31m");
    expect(renderDiagnostic(finding({}), undefined, terminal(tty, { NO_COLOR: "1" }))).not.toContain("\u001b");
    expect(renderDiagnostic(finding({}), undefined, terminal(tty, { NO_COLOR: "1", FORCE_COLOR: "1" }))).not.toContain(
      "\u001b",
    );
    expect(
      renderDiagnostic(finding({}), undefined, terminal({ ...tty, isTTY: false }, { FORCE_COLOR: "1" })),
    ).toContain("\u001b[31m");
  });
});

test("gravest first, then by place", () => {
  const text = renderDiagnostics(
    [
      finding({ level: "warning", message: "w" }),
      finding({ message: "late", line: 3 }),
      finding({ level: "fatal", message: "f" }),
      finding({ message: "early", line: 1 }),
    ],
    undefined,
    plain,
  );
  expect(text.match(/(?<=: )\w+/g)).toEqual(["f", "early", "late", "w"]);
});

test.each([
  [[], ""],
  [["error"], "1 error"],
  [["error", "error", "warning"], "2 errors and 1 warning"],
  [["fatal", "error", "warning", "info", "info"], "1 fatal finding, 1 error, 1 warning and 2 remarks"],
] as const)("countDiagnostics %j", (levels, words) => {
  expect(countDiagnostics(levels.map((level) => finding({ level })))).toBe(words);
});
