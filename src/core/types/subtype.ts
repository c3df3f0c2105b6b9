/**
 * Subtyping (TYPE-3 … TYPE-9): whether every value of one type is a value of another, with reasons where not. Holds the state
 * of one comparison: the pairs of schemas that are being compared, so that recursive schemas end (a pair met again is assumed
 * to hold), and a budget, so that hostile ones do (beyond it: unknown). Never throws.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Path } from "../expression/index.ts";
import { equalJson } from "../json/equal-json.ts";
import { resolveReference } from "./resolve-reference.ts";
import { type ArrayShape, type ObjectShape, type Shape, shapeOf, typeName } from "./shape.ts";
import type { Type } from "./type.ts";
import { every, no, UNKNOWN, type Verdict, YES } from "./verdict.ts";

const MAX_COMPARISONS = 20_000;
const MAX_DEPTH = 200;

/** Whether `left` is a subtype of `right`. */
export function isSubtype(left: Type, right: Type): Verdict {
  return new Comparison().compare(left, right, []);
}

class Comparison {
  #budget = MAX_COMPARISONS;
  #depth = 0;
  readonly #underWay = new Map<JsonObject, Set<JsonObject>>();

  compare(leftType: Type, rightType: Type, path: Path): Verdict {
    this.#budget -= 1;
    if (this.#budget < 0 || this.#depth >= MAX_DEPTH) return UNKNOWN;
    this.#depth += 1;
    const verdict = this.#compareOnce(leftType, rightType, path);
    this.#depth -= 1;
    return verdict;
  }

  #compareOnce(leftType: Type, rightType: Type, path: Path): Verdict {
    const left = resolveReference(leftType);
    const right = resolveReference(rightType);
    if (left.kind !== "schema" || right.kind !== "schema") return this.#compareShapes(left, right, path);
    if (left.schema === right.schema && left.root.document === right.root.document) return YES;

    const compared = this.#underWay.get(left.schema) ?? new Set<JsonObject>();
    if (compared.has(right.schema)) return YES;
    this.#underWay.set(left.schema, compared.add(right.schema));
    const verdict = this.#compareShapes(left, right, path);
    compared.delete(right.schema);
    return verdict;
  }

  #compareShapes(leftType: Type, rightType: Type, path: Path): Verdict {
    const right = shapeOf(rightType);
    if (right.kind === "any" || right.kind === "lenient") return YES;
    // A schema without `type` says nothing by its properties or items alone.
    if ((right.kind === "object" || right.kind === "array") && right.isImplied) return YES;
    const left = shapeOf(leftType);
    switch (left.kind) {
      case "never":
      case "lenient":
        return YES;
      case "any":
        return UNKNOWN;
      case "union":
        return this.#compareUnion(left.members, rightType, path);
      case "all":
        return left.members.some((member) => this.compare(member, rightType, path).kind === "yes") ? YES : UNKNOWN;
      case "values":
        if (left.values.length === 1 && leftType.kind === "literal") break;
        return every(left.values.map((value) => this.compare({ kind: "literal", value }, rightType, path)));
      case "scalar":
      case "object":
      case "array":
        break;
      default:
        return assertNever(left);
    }
    return this.#compareTo(left, leftType, right, path);
  }

  /** `left` is no union any more; `right` says something. */
  #compareTo(
    left: Extract<Shape, { kind: "values" | "scalar" | "object" | "array" }>,
    leftType: Type,
    right: Exclude<Shape, { kind: "any" | "lenient" }>,
    path: Path,
  ): Verdict {
    switch (right.kind) {
      case "never":
        return no(path, "no value is allowed here");
      case "union":
        return this.#compareToUnion(leftType, right.members, path);
      case "all":
        return every(right.members.map((member) => this.compare(leftType, member, path)));
      case "values":
        return compareToValues(left, leftType, right.values, path);
      case "scalar":
        return hasTypeName(left, right.name) ? YES : mismatch(left, leftType, right.name, path);
      case "object":
        return left.kind === "object"
          ? this.#compareObjects(left, right, path)
          : mismatch(left, leftType, "object", path);
      case "array":
        return left.kind === "array" ? this.#compareArrays(left, right, path) : mismatch(left, leftType, "array", path);
      default:
        return assertNever(right);
    }
  }

  /** No only if no member fits: which of them a value will be is not known. */
  #compareUnion(members: readonly Type[], right: Type, path: Path): Verdict {
    const verdicts = members.map((member) => this.compare(member, right, path));
    if (verdicts.every(({ kind }) => kind === "yes")) return YES;
    return verdicts.every(({ kind }) => kind === "no") ? every(verdicts) : UNKNOWN;
  }

  #compareToUnion(left: Type, members: readonly Type[], path: Path): Verdict {
    const verdicts: Verdict[] = [];
    for (const member of members) {
      const verdict = this.compare(left, member, path);
      if (verdict.kind === "yes") return YES;
      verdicts.push(verdict);
    }
    if (verdicts.some(({ kind }) => kind === "unknown")) return UNKNOWN;
    const [only] = verdicts;
    return verdicts.length === 1 && only ? only : no(path, `fits none of ${members.length} alternatives`);
  }

  #compareObjects(left: ObjectShape, right: ObjectShape, path: Path): Verdict {
    const verdicts: Verdict[] = [];
    for (const name of right.required) {
      if (left.properties.has(name) || left.required.has(name)) continue;
      const isOpen = left.properties.size === 0 && left.rest?.kind !== "never";
      verdicts.push(isOpen ? UNKNOWN : no([...path, name], `missing required property '${name}'`));
    }
    for (const [name, property] of left.properties) {
      const expected = right.properties.get(name) ?? right.rest;
      if (expected === undefined) continue;
      verdicts.push(
        expected.kind === "never" && !right.properties.has(name)
          ? no([...path, name], `unexpected property '${name}' is not allowed`)
          : this.compare(property, expected, [...path, name]),
      );
    }
    // Both are maps from free names to values of one type.
    if (left.rest && right.rest && left.rest.kind !== "never" && right.rest.kind !== "never")
      verdicts.push(this.compare(left.rest, right.rest, [...path, "*"]));
    return every(verdicts);
  }

  #compareArrays(left: ArrayShape, right: ArrayShape, path: Path): Verdict {
    const verdicts = left.prefix.flatMap((item, index): Verdict[] => {
      const expected = right.prefix[index] ?? right.items;
      return expected === undefined ? [] : [this.compare(item, expected, [...path, index])];
    });
    if (right.items !== undefined)
      verdicts.push(left.items === undefined ? UNKNOWN : this.compare(left.items, right.items, [...path, "*"]));
    return every(verdicts);
  }
}

type Plain = Extract<Shape, { kind: "values" | "scalar" | "object" | "array" }>;

function compareToValues(left: Plain, leftType: Type, values: readonly Json[], path: Path): Verdict {
  if (leftType.kind === "literal") {
    const { value } = leftType;
    const isScalar = typeof value !== "object" || value === null;
    if (isScalar ? values.includes(value) : values.some((allowed) => equalJson(allowed, value))) return YES;
    return no(path, `expected ${listed(values)}, got ${shortJson(value)}`);
  }
  if (isImplied(left) || values.some((value) => hasTypeName(left, typeName(value)))) return UNKNOWN;
  // A whole number may be what a number turns out to be.
  if (left.kind === "scalar" && left.name === "number" && values.some((value) => typeof value === "number"))
    return UNKNOWN;
  return no(path, `expected ${listed(values)}, got ${nameOf(left, leftType)}`);
}

/** Names of types are compared literally, except that a whole number that a flow writes out is a `number` too (TYPE-5). */
function hasTypeName(left: Plain, name: string): boolean {
  if (left.kind === "scalar") return left.name === name;
  if (left.kind !== "values") return left.kind === name;
  return left.values.every((value) => typeName(value) === name || (name === "number" && typeof value === "number"));
}

function mismatch(left: Plain, leftType: Type, expected: string, path: Path): Verdict {
  if (isImplied(left)) return YES;
  const literally = nameOf(left, leftType) === "integer" && expected === "number";
  const why = literally ? " (types are compared by name: declare it as number)" : "";
  return no(path, `expected ${expected}, got ${nameOf(left, leftType)}${why}`);
}

function isImplied(left: Plain): boolean {
  return (left.kind === "object" || left.kind === "array") && left.isImplied;
}

function nameOf(left: Plain, leftType: Type): string {
  if (leftType.kind === "literal") return typeName(leftType.value);
  return left.kind === "scalar" ? left.name : left.kind;
}

function listed(values: readonly Json[]): string {
  const shown = values.slice(0, 8).map(shortJson).join(", ");
  if (values.length === 1) return shown;
  return `one of ${shown}${values.length > 8 ? ", …" : ""}`;
}

function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
