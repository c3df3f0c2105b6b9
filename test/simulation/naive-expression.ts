/**
 * Value expressions evaluated straight from the document, on demand and recursively: no plan, no needs, no scheduling. Written
 * against the rules EXPR-1 … EXPR-20, not against the engine.
 */
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { TaskError, TaskErrorCode } from "../../src/protocol/task-error.ts";

export type Settled =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "failed"; readonly error: TaskError }
  | { readonly kind: "skipped" };

export interface NaiveScope {
  /** Settles the step first if nobody has asked for it yet. */
  step(id: string): Settled;
  /** Those that somebody has asked for. */
  readonly settled: ReadonlyMap<string, Settled>;
  readonly input: Json;
  readonly variables: JsonObject;
  /** Inside a `foreach`. */
  readonly element?: { readonly value: Json; readonly index: number };
}

export function evaluateNaively(expression: Json, scope: NaiveScope): Settled {
  if (Array.isArray(expression)) return all(expression, scope, (values) => values);
  if (typeof expression !== "object" || expression === null) return { kind: "value", value: expression };
  const node = expression as JsonObject;
  if (node["$literal"] !== undefined) return { kind: "value", value: node["$literal"] };
  if (node["$if"] !== undefined) return evaluateIf(node, scope);
  if (Array.isArray(node["$coalesce"])) return evaluateCoalesce(node["$coalesce"], scope);
  if (typeof node["$step"] === "string") return reference(node["$step"], node["path"], node["onSkip"], scope);
  if (typeof node["$input"] === "string") return at(scope.input, node["$input"], "Input path");
  if (typeof node["$variable"] === "string") return variable(node["$variable"], node["default"], scope);
  if (typeof node["$item"] === "string") return at(scope.element?.value ?? null, node["$item"], "Item path");
  if (node["$index"] === true) return { kind: "value", value: scope.element?.index ?? null };
  if (typeof node["$template"] === "string") return template(node["$template"], scope);
  const keys = Object.keys(node);
  return all(Object.values(node), scope, (values) =>
    Object.fromEntries(keys.map((key, index) => [key, values[index] ?? null])),
  );
}

/** A failed or skipped condition counts as false, and only null and false are. */
export function isTrue(settled: Settled): boolean {
  return settled.kind === "value" && settled.value !== null && settled.value !== false;
}

/** Every part is looked at; the first failure counts, else a skip. */
function all(parts: readonly Json[], scope: NaiveScope, build: (values: Json[]) => Json): Settled {
  const settled = parts.map((part) => evaluateNaively(part, scope));
  return (
    settled.find(({ kind }) => kind === "failed") ??
    settled.find(({ kind }) => kind === "skipped") ?? {
      kind: "value",
      value: build(settled.flatMap((part) => (part.kind === "value" ? [part.value] : []))),
    }
  );
}

function evaluateIf(node: JsonObject, scope: NaiveScope): Settled {
  const taken = isTrue(evaluateNaively(node["$if"] ?? null, scope)) ? node["then"] : node["else"];
  return evaluateNaively(taken ?? null, scope);
}

function evaluateCoalesce(items: readonly Json[], scope: NaiveScope): Settled {
  for (const item of items) {
    const settled = evaluateNaively(item, scope);
    if (settled.kind === "failed" || (settled.kind === "value" && settled.value !== null)) return settled;
  }
  return { kind: "value", value: null };
}

function reference(step: string, path: Json | undefined, onSkip: Json | undefined, scope: NaiveScope): Settled {
  const settled = scope.step(step);
  if (settled.kind === "skipped") {
    return onSkip ? evaluateNaively((onSkip as JsonObject)["defaultValue"] ?? null, scope) : settled;
  }
  if (settled.kind === "failed" || settled.value === null) return settled;
  return at(settled.value, typeof path === "string" ? path : "$", "Path");
}

function variable(name: string, fallback: Json | undefined, scope: NaiveScope): Settled {
  const found = at(scope.variables, name, "Variable");
  if (found.kind === "value") return found;
  return fallback === undefined ? failed(`Undefined variable: ${name}`) : evaluateNaively(fallback, scope);
}

/** `$`, `$.a.b`, `$.a[0]`, or one bare key: what the generator writes. */
function at(root: Json, path: string, what: string): Settled {
  const keys = path.startsWith("$")
    ? path
        .slice(1)
        .split(/[.[\]]/)
        .filter(Boolean)
    : [path];
  let value: Json | undefined = root;
  for (const key of keys) value = typeof value === "object" && value !== null ? (value as JsonObject)[key] : undefined;
  if (value !== undefined) return { kind: "value", value };
  return failed(`${what} ${path.startsWith("$") ? path : `$.${path}`} not found`);
}

function template(text: string, scope: NaiveScope): Settled {
  const pieces = text.split(/\{\{ (.*?) \}\}/);
  return all(
    pieces.map((piece, index) => (index % 2 === 0 ? { $literal: piece } : templateReference(piece))),
    scope,
    (values) =>
      values.map((value) => (typeof value === "string" ? value : value === null ? "" : JSON.stringify(value))).join(""),
  );
}

/** `$.steps.s1.v` is `{$step: s1, path: $.v}`, and so on. */
function templateReference(path: string): Json {
  const [, root = "", name = "", ...rest] = path.split(".");
  switch (root) {
    case "steps":
      return { $step: name, path: ["$", ...rest].join(".") };
    case "variables":
      return { $variable: name };
    case "item":
      return { $item: ["$", name, ...rest].filter(Boolean).join(".") };
    case "index":
      return { $index: true };
    default:
      return { $input: ["$", name, ...rest].filter(Boolean).join(".") };
  }
}

export function failed(
  message: string,
  code: TaskErrorCode = "EXPRESSION_FAILURE",
): Extract<Settled, { kind: "failed" }> {
  return { kind: "failed", error: { code, message } };
}
