import type { JsonObject } from "../../protocol/json.ts";
import type { Expression, Path } from "./expression.ts";
import { type ExpressionReader, NULL_LITERAL, type Place } from "./expression-reader.ts";
import { parsePath } from "./path.ts";

/**
 * `{$template: "Hello {{ $.input.name }}"}`: text with paths in it (EXPR-20). A path starts with `$.input`, `$.steps.<id>`,
 * `$.variables.<name>`, `$.item` or `$.index`; `\{{` is a plain `{{`.
 */
export function readTemplate(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const at = [...place.at, "$template"];
  const text = source["$template"];
  if (typeof text !== "string") {
    reader.report("invalidExpression", "$template must be a string", at, {
      hint: 'Write { $template: "Hello {{ $.input.name }}" }.',
    });
    return NULL_LITERAL;
  }
  const parts: (string | Expression)[] = [];
  let plain = "";
  let from = 0;
  for (;;) {
    const open = text.indexOf("{{", from);
    if (open < 0) break;
    if (text[open - 1] === "\\" && open > from) {
      plain += `${text.slice(from, open - 1)}{{`;
      from = open + 2;
      continue;
    }
    const close = text.indexOf("}}", open + 2);
    if (close < 0) {
      reader.report("invalidExpression", "A '{{' in the template has no '}}'", at, {
        hint: "Close it with }}, or write \\{{ for the characters themselves.",
      });
      return NULL_LITERAL;
    }
    plain += text.slice(from, open);
    if (plain !== "") parts.push(plain);
    plain = "";
    parts.push(readTemplatePath(text.slice(open + 2, close).trim(), at, reader));
    from = close + 2;
  }
  plain += text.slice(from);
  if (plain !== "") parts.push(plain);
  return { kind: "template", source: text, parts };
}

function readTemplatePath(text: string, at: Path, reader: ExpressionReader): Expression {
  const parsed = text.startsWith("$") ? parsePath(text) : undefined;
  if (parsed?.kind === "invalid") {
    reader.report("invalidPath", parsed.message, at, { hint: `Correct {{ ${text} }}.` });
    return NULL_LITERAL;
  }
  const expression = parsed && referenceOf(parsed.path);
  if (expression === undefined) {
    reader.report("invalidExpression", `{{ ${text} }} is not a path that a template can use`, at, {
      hint: "Use $.input, $.steps.<step id>, $.variables.<name>, $.item or $.index, followed by a path. Anything beyond paths is the work of a component such as /builtin/jsonata.",
    });
    return NULL_LITERAL;
  }
  return expression;
}

function referenceOf(path: Path): Expression | undefined {
  const [root, name] = path;
  switch (String(root)) {
    case "input":
      return { kind: "input", path: path.slice(1) };
    case "steps":
      return typeof name === "string"
        ? { kind: "step", step: name, path: path.slice(2), onSkip: { kind: "skip" } }
        : undefined;
    case "variables":
      return typeof name === "string" ? { kind: "variable", path: path.slice(1) } : undefined;
    case "item":
      return { kind: "item", path: path.slice(1) };
    case "index":
      return path.length === 1 ? { kind: "index" } : undefined;
    default:
      return undefined;
  }
}
