/** Findings as people read them: level, sentence, `file:line:column`, the source line with a caret, and what to do. */
import { assertNever } from "../../protocol/assert-never.ts";
import type { DiagnosticLevel } from "../../protocol/diagnostic.ts";
import type { Terminal } from "./terminal.ts";

/** The text a diagnostic's line and column point into. */
export interface SourceText {
  /** As the user named it. */
  readonly name: string;
  readonly text: string;
}

/** What is shown of a diagnostic, whether it was found here or came over the API. */
export interface Finding extends Place {
  readonly level: DiagnosticLevel;
  readonly message: string;
  readonly hint?: string | undefined;
}
interface Place {
  readonly path?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

const ORDER: readonly DiagnosticLevel[] = ["fatal", "error", "warning", "info"];

/** All findings, gravest first, in document order within a level; one blank line between them. */
export function renderDiagnostics(
  diagnostics: readonly Finding[],
  source: SourceText | undefined,
  out: Terminal,
): string {
  const position = (diagnostic: Finding) => (diagnostic.line ?? 0) * 10_000 + (diagnostic.column ?? 0);
  const sorted = diagnostics.toSorted(
    (a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level) || position(a) - position(b),
  );
  return sorted.map((diagnostic) => renderDiagnostic(diagnostic, source, out)).join("\n");
}

export function renderDiagnostic(diagnostic: Finding, source: SourceText | undefined, out: Terminal): string {
  const lines = [`${levelTag(diagnostic.level, out)} ${out.bold(diagnostic.message)}`];
  const place = renderPlace(diagnostic, source, out);
  if (place !== "") lines.push(place);
  if (diagnostic.hint !== undefined) lines.push(`  ${out.cyan("hint:")} ${diagnostic.hint}`);
  return `${lines.join("\n")}\n`;
}

/** `--> file:line:column (path)` and the source line with a caret; empty when nothing is known of the place. */
export function renderPlace(place: Place, source: SourceText | undefined, out: Terminal): string {
  const name = where(place, source);
  return [...(name === "" ? [] : [`  ${out.dim("-->")} ${name}`]), ...sourceFrame(place, source, out)].join("\n");
}

/** `2 errors and 1 warning`; empty for none. */
export function countDiagnostics(diagnostics: readonly Finding[]): string {
  const counts = ORDER.flatMap((level) => {
    const count = diagnostics.filter((diagnostic) => diagnostic.level === level).length;
    const noun = level === "fatal" ? "fatal finding" : level === "info" ? "remark" : level;
    return count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`];
  });
  return counts.length < 2 ? counts.join("") : `${counts.slice(0, -1).join(", ")} and ${counts.at(-1)}`;
}

function levelTag(level: DiagnosticLevel, out: Terminal): string {
  switch (level) {
    case "fatal":
    case "error":
      return out.red(`${level}:`);
    case "warning":
      return out.yellow("warning:");
    case "info":
      return out.cyan("info:");
    default:
      return assertNever(level);
  }
}

function where(place: Place, source: SourceText | undefined): string {
  const position = place.line === undefined ? "" : `:${place.line}:${place.column ?? 1}`;
  const file = source === undefined ? "" : `${source.name}${position}`;
  const path = place.path === undefined || place.path === "$" ? "" : place.path;
  return file !== "" && path !== "" ? `${file} (${path})` : file || path;
}

/** Longest part of a source line that is shown. */
const MAX_WIDTH = 120;

/** The line, and a caret under the column; long lines are cut around it. */
function sourceFrame(place: Place, source: SourceText | undefined, out: Terminal): string[] {
  if (source === undefined || place.line === undefined) return [];
  const line = source.text.split(/\r?\n/, place.line)[place.line - 1];
  if (line === undefined || line.trim() === "") return [];
  const column = Math.min(Math.max(1, place.column ?? 1), line.length + 1);
  const from = column > MAX_WIDTH - 20 ? column - 40 : 0;
  const shown = line.slice(from, from + MAX_WIDTH);
  const number = String(place.line);
  const gutter = " ".repeat(number.length);
  // Tabs stay tabs under the line, so that the caret stands where the terminal puts the character.
  const before = shown.slice(0, column - 1 - from).replaceAll(/[^\t]/g, " ");
  const caret = "^".repeat(caretLength(line, column));
  return [`  ${out.dim(`${number} |`)} ${shown}`, `  ${out.dim(`${gutter} |`)} ${before}${out.red(caret)}`];
}

/** The word at the column, at least one character. */
function caretLength(line: string, column: number): number {
  const word = /^(?:"[^"]*"|'[^']*'|[^\s,:[\]{}]+)/.exec(line.slice(column - 1));
  return Math.min(word?.[0].length ?? 1, 60);
}
