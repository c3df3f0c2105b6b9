/**
 * YAML 1.2 text to a value with places. Works on the library's node tree rather than on its JavaScript values: so numbers are
 * checked as written, aliases are followed within a budget, keys stay text and duplicates are found in linear time.
 */
import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from "yaml";
import { createLineIndex } from "../../protocol/text-position.ts";
import { MAX_LEXEMES, MAX_SYNTAX_DIAGNOSTICS } from "./document-limits.ts";
import type { ReportAt, TextTree } from "./document-tree.ts";
import { YamlTreeBuilder } from "./yaml-tree-builder.ts";

/** Reads YAML text; `undefined` (and reports) when it cannot be read. */
export function readYamlTree(text: string, report: ReportAt): TextTree | undefined {
  const [document, second] = composeDocuments(text, report);
  if (document === undefined) return undefined;
  // IMPOSSIBLE is the library's false alarm about comments after flow-map keys.
  const errors = document.errors.filter(({ code }) => code !== "IMPOSSIBLE");
  for (const error of firstOfLines(errors.slice(0, MAX_SYNTAX_DIAGNOSTICS), text)) reportSyntax(error, report);
  for (const warning of document.warnings)
    report("yamlWarning", warning.message, warning.pos[0], { hint: "Remove the tag or directive." });
  if (second !== undefined) {
    report("syntaxError", "The file holds more than one YAML document", second.range[0], {
      hint: "Keep one flow per file; remove the '---'.",
    });
    return undefined;
  }
  return errors.length > 0 ? undefined : new YamlTreeBuilder(report).build(document.contents);
}

function composeDocuments(text: string, report: ReportAt): readonly Document.Parsed[] {
  const tokens = tokenize(text);
  if (tokens === undefined) {
    report("documentTooLarge", `The document has more than ${MAX_LEXEMES} words and signs`, 0, {
      hint: "Write it as JSON, which reads faster, or split it.",
    });
    return [];
  }
  const composer = new Composer({
    version: "1.2",
    prettyErrors: false,
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = [];
  for (const document of composer.compose(tokens, true, text.length)) {
    if (documents.push(document) === 2) break;
  }
  return documents;
}

function tokenize(text: string): readonly CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_LEXEMES) return undefined;
    for (const token of parser.next(lexeme)) tokens.push(token);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** One error upsets the library several times; the first of a line says most. */
function firstOfLines(errors: readonly YAMLError[], text: string): readonly YAMLError[] {
  const positionAt = createLineIndex(text);
  const lines = new Set<number>();
  return errors.filter(({ pos }) => {
    const { line } = positionAt(pos[0]);
    return !lines.has(line) && lines.add(line);
  });
}

const SYNTAX_HINTS: Partial<Record<YAMLError["code"], string>> = {
  BAD_INDENT: "Line the key or item up with those before it, with spaces.",
  BLOCK_AS_IMPLICIT_KEY: "Put text that contains ': ' in quotes.",
  MISSING_CHAR:
    "Something is missing here or just before: the '-' of a list item, the ':' after a key, a closing bracket or quote, or indentation.",
  MULTILINE_IMPLICIT_KEY: "Is the ':' after the key missing?",
  TAB_AS_INDENT: "Indent with spaces.",
  BAD_SCALAR_START: "Put text that starts with this character in quotes.",
  BAD_DQ_ESCAPE: "Double the backslash, or use single quotes.",
  UNEXPECTED_TOKEN: "Check brackets, quotes and indentation just before this place.",
};

function reportSyntax(error: YAMLError, report: ReportAt): void {
  if (error.code === "RESOURCE_EXHAUSTION") {
    report("nestingTooDeep", "Nested too deeply to be read", error.pos[0], {
      hint: "Flatten the document, or keep nested data in a blob.",
    });
    return;
  }
  report("syntaxError", error.message, error.pos[0], {
    hint: SYNTAX_HINTS[error.code] ?? "Check indentation, quotes and brackets just before this place.",
  });
}
