import { stringify } from "yaml";
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json } from "../../protocol/json.ts";
import type { Terminal } from "../report/terminal.ts";
import { lineDiff } from "./line-diff.ts";
import { normalizeResult, resultDocument } from "./normalize-result.ts";
import { type CaseReport, hasPassed } from "./run-test-file.ts";

const MAX_DIFFERENCES = 10;
const MAX_VALUE = 200;

/** One case in lines; a failed one with what differs, and with `diff` as a line difference of the whole output. */
export function renderCase(report: CaseReport, options: { readonly diff: boolean; readonly out: Terminal }): string {
  const { out } = options;
  const { name } = report.testCase;
  if (hasPassed(report)) return `  ${out.green("✓")} ${name}\n`;
  const head = `  ${out.red("✗")} ${out.bold(name)}\n`;
  if (report.actual === undefined) return `${head}      ${report.failure ?? ""}\n`;
  if (options.diff)
    return head + renderDiff(report.testCase.output ?? { outcome: "success" }, resultDocument(report.actual), out);
  const lines = report.differences.slice(0, MAX_DIFFERENCES).map(({ path, expected, actual }) => {
    const got = actual === undefined ? "nothing is there" : shorten(actual);
    return `      ${path}\n        ${out.green("expected")} ${shorten(expected)}\n        ${out.red("actual")}   ${got}\n`;
  });
  const more = report.differences.length - MAX_DIFFERENCES;
  if (more > 0) lines.push(`      … and ${more} more differences\n`);
  if (report.actual.outcome === "failed") {
    lines.push(`      ${out.dim(`the flow failed: ${report.actual.error.code}: ${report.actual.error.message}`)}\n`);
  }
  return head + lines.join("");
}

function renderDiff(expected: Json, actual: Json, out: Terminal): string {
  const text = (value: Json) => stringify(normalizeResult(value)).trimEnd();
  const lines = lineDiff(text(expected), text(actual)).map((line) => {
    switch (line.kind) {
      case "same":
        return `      ${out.dim(`  ${line.text}`)}\n`;
      case "removed":
        return `      ${out.green(`- ${line.text}`)}\n`;
      case "added":
        return `      ${out.red(`+ ${line.text}`)}\n`;
      default:
        return assertNever(line.kind);
    }
  });
  return `      ${out.green("- expected")}, ${out.red("+ actual")}\n${lines.join("")}`;
}

function shorten(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`;
}
