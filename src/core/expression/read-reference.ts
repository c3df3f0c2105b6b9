import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Expression, Path } from "./expression.ts";
import { type ExpressionReader, inside, NULL_LITERAL, type Place } from "./expression-reader.ts";
import { itemPathOf } from "./item-path.ts";
import { formatPath, parsePath } from "./path.ts";
import { readOnSkip } from "./read-on-skip.ts";

/** `{$step: id, path?, onSkip?}` */
export function readStep(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const step = source["$step"];
  if (typeof step !== "string") {
    reader.report("invalidExpression", "$step must be a string", [...place.at, "$step"], {
      hint: "Write { $step: <step id>, path: <path> }.",
    });
    return NULL_LITERAL;
  }
  const item = itemPathOf({ kind: "step", step }, source["path"], reader.foreach);
  if (item !== undefined) return readItemForm(item, [...place.at, "path"], reader);
  const path = readPath(source["path"], [...place.at, "path"], reader);
  return { kind: "step", step, path, onSkip: readOnSkip(source, place, reader) };
}

/** `{$input: path}` */
export function readInput(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const at = [...place.at, "$input"];
  const item = itemPathOf({ kind: "input" }, source["$input"], reader.foreach);
  if (item !== undefined) return readItemForm(item, at, reader);
  return { kind: "input", path: readPath(source["$input"], at, reader) };
}

/** `{$variable: path, default?}`; the path's first segment is the variable's name. */
export function readVariable(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  const path = readPath(source["$variable"], [...place.at, "$variable"], reader);
  const fallback = source["default"];
  return {
    kind: "variable",
    path,
    ...(fallback !== undefined && { default: reader.read(fallback, inside(place, "default")) }),
  };
}

/** `{$item: path}` */
export function readItem(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  return { kind: "item", path: readPath(source["$item"], [...place.at, "$item"], reader) };
}

/** `{$index: true}` */
export function readIndex(source: JsonObject, place: Place, reader: ExpressionReader): Expression {
  if (source["$index"] !== true) {
    reader.report("invalidExpression", "$index must be true", [...place.at, "$index"], {
      hint: "Write { $index: true }; to keep a key of this name, put the object under $literal.",
    });
  }
  return { kind: "index" };
}

/** An older `P[*].q` path that means the element of the step's own `foreach`. */
function readItemForm(text: string, at: Path, reader: ExpressionReader): Expression {
  const path = readPath(text, at, reader);
  reader.report("olderForm", "A path with [*] over the foreach's own source is an older form of $item", at, {
    hint: `Write { $item: ${JSON.stringify(text)} }.`,
  });
  return { kind: "item", path };
}

/** The path at `at`, as text or as a list of keys and indices; the root when it cannot be read (which is reported). */
export function readPath(source: Json | undefined, at: Path, reader: ExpressionReader): Path {
  if (source === undefined || source === null) return [];
  if (Array.isArray(source) && source.every(isSegment)) return source;
  if (typeof source !== "string") {
    reader.report("invalidPath", "A path must be a string", at, {
      hint: 'Write "$.field[0]", or "field" for a single key.',
    });
    return [];
  }
  const parsed = parsePath(source);
  if (parsed.kind === "invalid") {
    reader.report("invalidPath", parsed.message, at, {
      hint: 'A path is "$" followed by .name, ["name"] or [0]; there are no wildcards or filters.',
    });
    return [];
  }
  if (!source.trim().startsWith("$") && /[.[]/.test(source)) {
    reader.report("bareNamePath", `'${source}' is one key of that very name`, at, {
      hint: `For a path into nested values write "$.${source.trim()}"; if the key is meant, write '${formatPath(parsed.path)}'.`,
    });
    return parsed.path;
  }
  return parsed.path;
}

function isSegment(segment: Json): segment is string | number {
  return typeof segment === "string" || (typeof segment === "number" && Number.isSafeInteger(segment) && segment >= 0);
}
